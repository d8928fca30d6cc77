// What the engine knows of a model: its sizes, what it wants resident, what it streams, and one
// function that advances it. Everything else about an architecture stays in its file.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "formats/model_file.hpp"
#include "sluice/error.hpp"
#include "store/row_reader.hpp"
#include "store/store.hpp"

namespace sluice {

/// Sizes that planning and sessions need; the same words as in the GGUF keys.
struct ModelShape {
  size_t layers = 0;
  size_t width = 0;             ///< of the residual stream
  size_t vocabulary = 0;        ///< rows of the output matrix
  size_t context_length = 0;    ///< positions the model was trained for
  size_t query_heads = 0;
  size_t kv_heads = 0;
  size_t head_dim = 0;
  size_t experts = 0;           ///< per layer; 0 in a dense model
  size_t experts_used = 0;
};

/// Keys and values of all layers for one session.
struct KvCache {
  std::vector<KvLayer> layers;
};

/// What one call of Model::step works on. Everything is borrowed for the call.
struct Step {
  std::span<const int32_t> tokens;     ///< at most the chunk size the scratch was laid out for
  size_t position = 0;                 ///< of the first token
  KvCache* kv = nullptr;
  Ops* ops = nullptr;
  Store* store = nullptr;
  RowReader* rows = nullptr;           ///< of what was bound by rows and is not resident
  const std::atomic<bool>* cancel = nullptr;  ///< looked at once per layer; may be null
  std::function<void()> between_layers;       ///< called before each layer; may be empty
  /// Called every few milliseconds of computing: between units, between blocks of tokens. May be
  /// empty.
  std::function<void()> pulse;
  /// Sees the input of layer 0 and the output of every layer: index 0..layers. May be empty.
  std::function<void(size_t index, Rows hidden)> observe;
};

class Model {
 public:
  virtual ~Model() = default;

  virtual const ModelShape& shape() const = 0;
  /// The sizes of further hyper-parameters, for people: name and value.
  virtual std::vector<std::pair<std::string, std::string>> describe() const = 0;

  /// Lays out the model's scratch for chunks of at most `chunk_tokens` tokens. Again for another
  /// chunk or other memory: the last step's state is lost then, what was learned is not.
  virtual void lay_out(Scratch& scratch, size_t chunk_tokens) = 0;
  /// Lays out keys and values for `positions` positions.
  virtual KvCache make_kv(Scratch& memory, size_t positions) const = 0;
  /// Whether a session may go back from `position` to an earlier one and feed other tokens from
  /// there. Not so where state is recurrent, or keys and values of a window overwrite each other.
  virtual bool can_rewind(size_t position, size_t earlier) const {
    return earlier <= position;
  }

  /// Runs the tokens through all layers; the result stays in the model's scratch for logits().
  /// Errors: io or corrupt (a unit cannot be read; a NaN, with the layer and tensor), cancelled.
  virtual Result<void> step(const Step& step) = 0;
  /// Logits [count, vocabulary] of rows [first, first + count) of the last step; count is at most
  /// kLogitRows. The rows live until the next call. Errors: corrupt (a NaN).
  virtual Result<Rows> logits(Ops& ops, size_t first, size_t count) = 0;
};
/// How many rows of logits exist at a time.
inline constexpr size_t kLogitRows = 8;

/// An architecture: the name in `general.architecture` and how to make its model. `create` checks
/// every hyper-parameter and tensor shape; weights are not read yet. The binder outlives the model.
struct Architecture {
  std::string_view name;
  Result<std::unique_ptr<Model>> (*create)(const Metadata& metadata, Binder& binder);
};

/// The architecture of this name, or null.
const Architecture* find_architecture(std::string_view name);
/// All names, for messages.
std::string architecture_names();

}  // namespace sluice
