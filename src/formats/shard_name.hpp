// The names of the shards of a split model: PREFIX-00002-of-00005.gguf, counted from 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

struct ShardName {
  std::string prefix;   ///< with its folders
  uint64_t number = 0;  ///< 1..count
  uint64_t count = 0;
};

/// Takes the name of a shard apart; nothing if it does not have that form.
std::optional<ShardName> parse_shard_name(std::string_view path);

/// "PREFIX-00002-of-00005.gguf".
std::string format_shard_name(const ShardName& name);

}  // namespace sluice
