// Text that remembers where it came from. A prompt is a list of segments, never one string: markup
// was written by the template and may name control tokens; everything else came from a user or a
// tool and may not, whatever it looks like. Threads: values.
#pragma once

#include <string>
#include <vector>

namespace sluice {

struct Segment {
  std::string text;
  bool markup = false;
};

using Segments = std::vector<Segment>;

}  // namespace sluice
