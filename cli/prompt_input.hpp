// Prompts as files, within reason: what no context holds is refused before it takes memory that the
// plan does not count. Threads: functions without state.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

#include "sluice/engine.hpp"

namespace sluice::cli {

/// Bytes of the longest prompt that is taken: 32 KiB and 8 for each token of the context.
size_t longest_prompt(const EngineOptions& options);

/// Why a longer one is refused, naming where it came from.
Error prompt_too_long(const std::string& where, const EngineOptions& options);

/// The whole of a file, or of standard input for "-". Errors: io, cancelled; invalid, if it is
/// longer than longest_prompt().
Result<std::string> read_prompt(const std::string& path, const EngineOptions& options);

/// The whole of a file, or of standard input for "-", of any length for which the budget has room
/// beside the model, and has the engine plan for it. Errors: as Engine::plan; io, cancelled;
/// budget, if there is no room for it.
Result<std::string> read_text(const std::string& path, EngineOptions& options);

enum class LineEnd { line, too_long, input_ended };

/// A line without its end; of one that is too long, nothing past `most_bytes` is read.
LineEnd read_line(std::istream& input, size_t most_bytes, std::string& line);

}  // namespace sluice::cli
