// What a diagnosis means: from measured facts to sentences. Pure.
#pragma once

#include <vector>

#include "sluice/doctor.hpp"

namespace sluice {

/// Appends what the facts of `diagnosis` say to its findings, and puts these in order of severity.
void add_findings(Diagnosis& diagnosis);

}  // namespace sluice
