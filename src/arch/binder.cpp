#include "arch/binder.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "tensor/decode.hpp"

namespace sluice {

namespace {

std::string shape_text(const uint64_t* shape, size_t dimensions) {
  std::string text = "{";
  for (size_t i = 0; i < dimensions; ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "}";
}

MatrixView view_of(const TensorInfo& tensor, size_t rows, size_t columns) {
  MatrixView view;
  view.type = tensor.type;
  view.rows = rows;
  view.columns = columns;
  return view;
}

// The part of each unit that a stack of matrices contributes.
UnitPart stacked_part(const TensorInfo& tensor, size_t count) {
  const uint64_t bytes = tensor.bytes / count;
  return {tensor.file, tensor.offset, bytes, bytes};
}

UnitPart whole_part(const TensorInfo& tensor) {
  return {tensor.file, tensor.offset, 0, tensor.bytes};
}

MatrixView located(const UnitMatrix& matrix, const Lease& lease, uint32_t expert) {
  MatrixView view = matrix.view;
  view.data = lease.part(matrix.part) + matrix.offset;
  if (matrix.scales != nullptr) view.scale = matrix.scales + expert;
  return view;
}

}  // namespace

ExpertMatrices ExpertLayer::matrices(const Lease& lease) const {
  const uint32_t expert = to_number(lease.unit()) - to_number(first);
  return {located(gate, lease, expert), located(up, lease, expert), located(down, lease, expert)};
}

void LayerUnit::place(const Lease& lease) const {
  SLUICE_CHECK(lease.unit() == index);
  for (size_t part = 0; part < addresses.size(); ++part) *addresses[part] = lease.part(part);
}

Result<const TensorInfo*> Binder::find(const std::string& name,
                                       std::initializer_list<uint64_t> shape) const {
  const TensorInfo* tensor = file_.tensors.find(name);
  if (tensor == nullptr) {
    return Error{Code::corrupt, file_.path + ": tensor " + name +
                                    " is missing; the file is incomplete or of another kind"};
  }
  std::array<uint64_t, 4> wanted{1, 1, 1, 1};
  std::copy(shape.begin(), shape.end(), wanted.begin());
  if (tensor->shape != wanted) {
    return Error{Code::corrupt, file_.path + ": tensor " + name + " has shape " +
                                    shape_text(tensor->shape.data(), tensor->dimensions) +
                                    ", the metadata calls for " +
                                    shape_text(wanted.data(), shape.size())};
  }
  if (block_decoder(tensor->type) == nullptr) {
    return Error{Code::unsupported, file_.path + ": tensor " + name + " is of type " +
                                        std::string(dtype_info(tensor->type).name) +
                                        ", which holds no weights"};
  }
  return tensor;
}

Result<void> Binder::scales(const std::string& name, size_t length, const float*& into) {
  const std::string scale = name.substr(0, name.rfind('.')) + ".scale";
  if (!has(scale)) return {};
  return vector(scale, length, into);
}

Result<void> Binder::matrix(const std::string& name, size_t rows, size_t columns,
                            MatrixView& into, LayerUnit* unit) {
  SLUICE_LET(const TensorInfo* tensor, find(name, {columns, rows}));
  into = view_of(*tensor, rows, columns);
  if (unit == nullptr) {
    trunk_.push_back({tensor, &into.data, false});
  } else {
    unit->parts.push_back(whole_part(*tensor));
    unit->addresses.push_back(&into.data);
  }
  return scales(name, 1, into.scale);
}

Result<void> Binder::row_table(const std::string& name, size_t rows, size_t columns,
                               MatrixView& into) {
  const size_t index = trunk_.size();
  SLUICE_TRY(matrix(name, rows, columns, into));
  trunk_[index].by_rows = true;
  return {};
}

void Binder::stream(const std::string& name, LayerUnit& unit) {
  unit.index = catalog_.add(name, 1, std::move(unit.parts));
  unit.parts.clear();
}

Result<void> Binder::vector(const std::string& name, size_t length, const float*& into) {
  SLUICE_LET(const TensorInfo* tensor, find(name, {length}));
  if (tensor->type != DType::f32) {
    return Error{Code::unsupported, file_.path + ": tensor " + name + " is of type " +
                                        std::string(dtype_info(tensor->type).name) +
                                        "; vectors must be F32"};
  }
  trunk_.push_back({tensor, reinterpret_cast<const std::byte**>(&into), false});
  return {};
}

Result<void> Binder::experts(const std::string& prefix, size_t count, size_t width, size_t inner,
                             ExpertLayer& into) {
  if (has(prefix + "ffn_gate.0.weight")) {
    return separate_experts(prefix, count, width, inner, into);
  }
  return stacked_experts(prefix, count, width, inner, into);
}

Result<void> Binder::stacked_experts(const std::string& prefix, size_t count, size_t width,
                                     size_t inner, ExpertLayer& into) {
  std::vector<UnitPart> parts;
  const std::string fused = prefix + "ffn_gate_up_exps.weight";
  if (has(fused)) {
    SLUICE_LET(const TensorInfo* tensor, find(fused, {width, 2 * inner, count}));
    parts.push_back(stacked_part(*tensor, count));
    into.gate = {view_of(*tensor, inner, width), 0, 0, nullptr};
    into.up = {view_of(*tensor, inner, width), 0, into.gate.view.bytes(), nullptr};
    SLUICE_TRY(scales(fused, count, into.gate.scales));
    SLUICE_TRY(scales(fused, count, into.up.scales));
  } else {
    const std::string gate = prefix + "ffn_gate_exps.weight";
    const std::string up = prefix + "ffn_up_exps.weight";
    SLUICE_LET(const TensorInfo* gates, find(gate, {width, inner, count}));
    SLUICE_LET(const TensorInfo* ups, find(up, {width, inner, count}));
    parts.push_back(stacked_part(*gates, count));
    parts.push_back(stacked_part(*ups, count));
    into.gate = {view_of(*gates, inner, width), 0, 0, nullptr};
    into.up = {view_of(*ups, inner, width), 1, 0, nullptr};
    SLUICE_TRY(scales(gate, count, into.gate.scales));
    SLUICE_TRY(scales(up, count, into.up.scales));
  }
  const std::string down = prefix + "ffn_down_exps.weight";
  SLUICE_LET(const TensorInfo* downs, find(down, {inner, width, count}));
  into.down = {view_of(*downs, width, inner), parts.size(), 0, nullptr};
  SLUICE_TRY(scales(down, count, into.down.scales));
  parts.push_back(stacked_part(*downs, count));
  into.count = static_cast<uint32_t>(count);
  into.first = catalog_.add(prefix + "exps", into.count, std::move(parts));
  return {};
}

Result<void> Binder::separate_experts(const std::string& prefix, size_t count, size_t width,
                                      size_t inner, ExpertLayer& into) {
  if (has(prefix + "ffn_gate.0.scale")) {
    return Error{Code::unsupported, file_.path + ": tensor " + prefix +
                                        "ffn_gate.0.scale: scales of single experts are not "
                                        "supported, only of stacked ones"};
  }
  into.count = static_cast<uint32_t>(count);
  for (size_t e = 0; e < count; ++e) {
    const std::string suffix = "." + std::to_string(e) + ".weight";
    SLUICE_LET(const TensorInfo* gate, find(prefix + "ffn_gate" + suffix, {width, inner}));
    SLUICE_LET(const TensorInfo* up, find(prefix + "ffn_up" + suffix, {width, inner}));
    SLUICE_LET(const TensorInfo* down, find(prefix + "ffn_down" + suffix, {inner, width}));
    const UnitIndex unit = catalog_.add(prefix + "exps." + std::to_string(e), 1,
                                        {whole_part(*gate), whole_part(*up), whole_part(*down)});
    if (e == 0) {
      into.first = unit;
      into.gate = {view_of(*gate, inner, width), 0, 0, nullptr};
      into.up = {view_of(*up, inner, width), 1, 0, nullptr};
      into.down = {view_of(*down, width, inner), 2, 0, nullptr};
    } else if (gate->type != into.gate.view.type || up->type != into.up.view.type ||
               down->type != into.down.view.type) {
      return Error{Code::unsupported, file_.path + ": the experts of " + prefix +
                                          " have different types; expert " + std::to_string(e) +
                                          " differs from expert 0"};
    }
  }
  return {};
}

}  // namespace sluice
