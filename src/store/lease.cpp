#include <utility>

#include "store/store.hpp"

namespace sluice {

Lease::Lease(Lease&& other) noexcept {
  *this = std::move(other);
}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  if (store_ != nullptr) store_->release(slot_);
  store_ = std::exchange(other.store_, nullptr);
  unit_ = other.unit_;
  slot_ = other.slot_;
  parts_ = other.parts_;
  return *this;
}

Lease::~Lease() {
  if (store_ != nullptr) store_->release(slot_);
}

}  // namespace sluice
