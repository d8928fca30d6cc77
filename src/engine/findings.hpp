// What a diagnosis means: from measured facts to sentences. Pure.
#pragma once

#include <vector>

#include "sluice/doctor.hpp"

namespace sluice {

/// Were kernels measured from memory, and undisturbed by other programs?
bool worth_remembering(const ProcessorReport& p);

/// Appends what the facts of `diagnosis` say to its findings, and puts these in order of severity.
void add_findings(Diagnosis& diagnosis);

}  // namespace sluice
