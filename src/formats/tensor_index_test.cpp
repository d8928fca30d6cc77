// Goal: tensors are found by name, stay in file order, and names are unique.
#include "formats/tensor_index.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/gguf_writer.hpp"

namespace sluice {
namespace {

TensorInfo named(std::string name) {
  TensorInfo tensor;
  tensor.name = std::move(name);
  return tensor;
}

TEST(TensorIndex, FindsByNameAndKeepsOrder) {
  TensorIndex index;
  for (uint64_t i = 100; i > 0; --i) {
    ASSERT_TRUE(index.insert(named(test::numbered("t", i - 1))));
  }
  ASSERT_EQ(index.all().size(), 100u);
  EXPECT_EQ(index.all()[0].name, "t99");
  EXPECT_EQ(index.all()[99].name, "t0");
  ASSERT_NE(index.find("t42"), nullptr);
  EXPECT_EQ(index.find("t42")->name, "t42");
  EXPECT_EQ(index.find("t100"), nullptr);
}

TEST(TensorIndex, RefusesASecondOfTheSameName) {
  TensorIndex index;
  EXPECT_TRUE(index.insert(named("x")));
  EXPECT_FALSE(index.insert(named("x")));
  EXPECT_EQ(index.all().size(), 1u);
}

TEST(TensorIndex, ElementsAreTheProductOfTheShape) {
  TensorInfo tensor;
  EXPECT_EQ(tensor.elements(), 1u);
  tensor.shape = {256, 8, 3, 1};
  EXPECT_EQ(tensor.elements(), 6144u);
}

}  // namespace
}  // namespace sluice
