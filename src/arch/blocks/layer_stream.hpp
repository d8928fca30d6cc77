// The layers of a dense model as units: each is always used, once a step, in order. So a dense
// model larger than memory runs too: a step demands all layers at once, and the store reads ahead
// as far as it has slots, keeping those that are there for their turn. Threads: driven by the
// step's caller.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "sluice/error.hpp"
#include "store/store.hpp"

namespace sluice {

class LayerStream {
 public:
  /// Enters the next layer, with the matrices bound to `unit`, into the catalogue.
  void add(Binder& binder, LayerUnit unit);

  /// Demands all layers. Errors: as Store::want.
  Result<void> begin(Store& store);
  /// Layer `index`, whose turn it is; its views have addresses while the lease lives.
  /// Errors: as Store::take.
  Result<Lease> take(size_t index, Store& store);

 private:
  std::vector<LayerUnit> layers_;
  std::vector<UnitIndex> units_;
};

/// An error that blames the leased unit if x, which was computed with it, holds a NaN or an
/// infinity.
Result<void> check_finite(Rows x, const Lease& lease, Ops& ops, const Store& store);

}  // namespace sluice
