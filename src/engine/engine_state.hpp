// Everything an open engine owns, in the order it must be torn down backwards: the reader goes
// before the memory its reads land in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/pages.hpp"
#include "device/ops.hpp"
#include "engine/governor.hpp"
#include "engine/kv_memory.hpp"
#include "engine/source.hpp"
#include "engine/trace_file.hpp"
#include "engine/trunk.hpp"
#include "engine/workspace.hpp"
#include "host/thread_pool.hpp"
#include "io/reader.hpp"
#include "sluice/engine.hpp"
#include "store/cache_state.hpp"
#include "store/row_reader.hpp"
#include "store/store.hpp"

namespace sluice {

struct EngineState {
  std::unique_ptr<Source> source;
  MemoryPlan plan;
  std::string isa;
  int activation_bits = 16;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Trunk> trunk;
  Pages ops_memory;            // the device's own
  KvMemory kv;
  Pages rows_memory;           // where rows of the embedding land
  Pages arena;                 // the slots and behind them activations
  std::span<std::byte> slots_memory;
  std::unique_ptr<Ops> ops;
  std::unique_ptr<Reader> reader;
  std::unique_ptr<RowReader> rows;    // if the embedding is on disk
  std::unique_ptr<TraceFile> trace;   // if asked for; told by the store
  std::unique_ptr<Store> store;
  std::unique_ptr<Governor> governor;
  std::unique_ptr<Workspace> workspace;
  ModelIdentity identity;             // set if the cache state is to be remembered
  std::string cache_state_path;       // empty: nothing is remembered
  std::vector<std::string> notes;     // what the user should know
  double load_seconds = 0;
  bool session_open = false;
};

/// A conversation over an engine's memory; see sluice/engine.hpp.
std::unique_ptr<Session> make_session(EngineState& state);

/// The commit this library was built from, or "unknown".
const char* build_commit();

}  // namespace sluice
