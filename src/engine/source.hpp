// A model file understood: opened, its architecture found, its tensors bound, nothing loaded.
// Threads: used by one thread during open.
#pragma once

#include <memory>
#include <string>

#include "arch/binder.hpp"
#include "arch/model.hpp"
#include "engine/text_model.hpp"
#include "formats/model_file.hpp"
#include "sluice/engine.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct Source {
  ModelFile file;
  std::unique_ptr<FileText> text;
  std::unique_ptr<Binder> binder;     // refers to `file`
  std::unique_ptr<Model> model;       // bound through `binder`
  uint64_t parameters = 0;
  uint64_t active_parameters = 0;
  uint64_t routed_bytes_per_token = 0;
  size_t alignment = 1;               // of direct reads, the largest of all files

  /// `chat_template` as EngineOptions'. Errors: io, corrupt, unsupported (architecture, tokenizer).
  static Result<std::unique_ptr<Source>> open(const std::string& path,
                                              const std::string& chat_template = {});
};

/// What the units of a model are, for people: "experts", or "layers" of a dense one.
std::string unit_kind(const ModelShape& shape);
/// What the file holds, for people.
ModelInfo describe(const Source& source);

}  // namespace sluice
