// Where the command keeps what may be lost: measurements of this machine.
#pragma once

#include <string>

namespace sluice::cli {

/// $XDG_CACHE_HOME/sluice, or ~/.cache/sluice; empty if neither is set. It may not exist yet.
/// Source: XDG Base Directory Specification 0.8.
std::string cache_folder();

}  // namespace sluice::cli
