#include "arch/blocks/layer_stream.hpp"

#include "arch/blocks/hyper.hpp"

namespace sluice {

void LayerStream::add(Binder& binder, LayerUnit unit) {
  binder.stream(layer_prefix(layers_.size()) + "layer", unit);
  units_.push_back(unit.index);
  layers_.push_back(std::move(unit));
}

Result<void> LayerStream::begin(Store& store) { return store.want(units_, Order::given); }

Result<Lease> LayerStream::take(size_t index, Store& store) {
  SLUICE_LET(Lease lease, store.take());
  layers_[index].place(lease);
  return lease;
}

Result<void> check_finite(Rows x, const Lease& lease, Ops& ops, const Store& store) {
  if (ops.all_finite(x)) return {};
  return store.blame(lease.unit(), "produced a NaN or an infinity: its weights are damaged");
}

}  // namespace sluice
