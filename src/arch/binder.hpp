// Binds the members of a model to the tensors of a file: checks that each is there with the right
// shape, notes which ones are to be resident (the trunk), and builds the catalogue of units from
// those that are streamed. Weights are not read; addresses are filled in when the trunk is.
// Threads: used during open by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "device/ops.hpp"
#include "formats/model_file.hpp"
#include "sluice/error.hpp"
#include "store/catalog.hpp"
#include "store/store.hpp"
#include "tensor/matrix.hpp"

namespace sluice {

/// A resident tensor and the pointer that wants its address.
struct TrunkBinding {
  const TensorInfo* tensor = nullptr;
  const std::byte** address = nullptr;
  /// The model can do without: where the address stays null, it reads the rows it wants (Step).
  bool by_rows = false;
};

/// Where an expert's matrix lies inside its unit.
struct UnitMatrix {
  MatrixView view;          ///< data is null: the lease gives it
  size_t part = 0;
  size_t offset = 0;        ///< bytes into the part (fused gate and up)
  const float* scales = nullptr;  ///< [experts] second-level factors, or null
};

/// The streamed experts of one layer.
struct ExpertLayer {
  UnitIndex first{};
  uint32_t count = 0;
  UnitMatrix gate, up, down;

  UnitIndex unit(uint32_t expert) const { return UnitIndex{to_number(first) + expert}; }
  /// The matrices of one expert where its lease holds them.
  ExpertMatrices matrices(const Lease& lease) const;
};

/// The matrices of a dense layer, streamed together as one unit. Their views have addresses only
/// while a lease of the unit is held.
struct LayerUnit {
  UnitIndex index{};
  std::vector<UnitPart> parts;               ///< until the unit is in the catalogue
  std::vector<const std::byte**> addresses;  ///< of the views, one for each part

  /// Points the views into the leased unit.
  void place(const Lease& lease) const;
};

class Binder {
 public:
  explicit Binder(const ModelFile& file) : file_(file) {}

  bool has(std::string_view tensor) const { return file_.tensors.find(tensor) != nullptr; }

  /// A matrix W [rows, columns]: resident, or a part of `unit`. With a companion "<name>.scale"
  /// that becomes the view's scale. Errors: corrupt (missing, or another shape), unsupported (a
  /// type that cannot be decoded).
  Result<void> matrix(const std::string& name, size_t rows, size_t columns, MatrixView& into,
                      LayerUnit* unit = nullptr);
  /// The same, of which a step uses single rows: resident, or read row by row.
  Result<void> row_table(const std::string& name, size_t rows, size_t columns, MatrixView& into);
  /// Enters the unit, with the matrices bound to it, into the catalogue.
  void stream(const std::string& name, LayerUnit& unit);
  /// A resident F32 vector. Errors: as matrix.
  Result<void> vector(const std::string& name, size_t length, const float*& into);
  /// The experts of a layer in any of their three forms: stacked, stacked with gate and up fused,
  /// or one tensor per expert and matrix. Gate and up are [inner, width], down is [width, inner].
  Result<void> experts(const std::string& prefix, size_t count, size_t width, size_t inner,
                       ExpertLayer& into);

  const std::vector<TrunkBinding>& trunk() const { return trunk_; }
  const Catalog& catalog() const { return catalog_; }
  const ModelFile& file() const { return file_; }

 private:
  Result<const TensorInfo*> find(const std::string& name,
                                 std::initializer_list<uint64_t> shape) const;
  Result<void> scales(const std::string& name, size_t length, const float*& into);
  Result<void> stacked_experts(const std::string& prefix, size_t count, size_t width, size_t inner,
                               ExpertLayer& into);
  Result<void> separate_experts(const std::string& prefix, size_t count, size_t width,
                                size_t inner, ExpertLayer& into);

  const ModelFile& file_;
  std::vector<TrunkBinding> trunk_;
  Catalog catalog_;
};

}  // namespace sluice
