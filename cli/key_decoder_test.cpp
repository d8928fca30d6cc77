// Goal: the bytes of terminals become the keys that were pressed, wherever they are cut, and noise
// becomes no text.
// Method: sequences of common terminals whole and byte by byte; pastes; random bytes.
#include "cli/key_decoder.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "cli/text_width.hpp"

namespace sluice::cli {
namespace {

std::vector<KeyPress> drain(KeyDecoder& keys) {
  std::vector<KeyPress> all;
  while (auto press = keys.next()) all.push_back(*press);
  return all;
}

std::vector<Key> keys_of(std::string_view bytes, bool one_by_one) {
  KeyDecoder keys;
  std::vector<Key> list;
  const auto take = [&] {
    for (const KeyPress& press : drain(keys)) list.push_back(press.key);
  };
  for (size_t i = 0; one_by_one && i < bytes.size(); ++i) {
    keys.push(bytes.substr(i, 1));
    take();
  }
  if (!one_by_one) keys.push(bytes);
  take();
  keys.give_up();
  take();
  return list;
}

void expect_keys(std::string_view bytes, const std::vector<Key>& expected) {
  EXPECT_EQ(keys_of(bytes, false), expected) << bytes;
  EXPECT_EQ(keys_of(bytes, true), expected) << bytes;
}

TEST(Keys, OfCommonTerminals) {
  using enum Key;
  expect_keys("\x1b[A\x1bOA\x10", {up, up, up});
  expect_keys("\x1b[B\x1bOB\x0e", {down, down, down});
  expect_keys("\x1b[C\x1b[D\x06\x02", {right, left, right, left});
  expect_keys("\x1b[1;5C\x1b[1;3D\x1b" "f\x1b" "b", {word_right, word_left, word_right, word_left});
  expect_keys("\x1b[H\x1bOF\x1b[1~\x1b[4~\x1b[7~\x1b[8~\x01\x05",
              {line_start, line_end, line_start, line_end, line_start, line_end, line_start,
               line_end});
  expect_keys("\x7f\b\x1b[3~\x1b\x7f\x1b" "d\x17", {erase_left, erase_left, erase_right,
                                                      kill_word_left, kill_word_right,
                                                      kill_blank_word_left});
  expect_keys("\r\n\x1b\r", {enter, enter, new_line});
  expect_keys("\x03\x04\x1a\x0c\t\x15\x0b\x19",
              {interrupt, end_of_input, suspend, clear_screen, tab, kill_line_left,
               kill_line_right, yank});
}

TEST(Keys, UnknownOnesAreNoText) {
  using enum Key;
  expect_keys("\x1b[15~\x1bOP\x1b[5;2~", {unknown, unknown, unknown});
  expect_keys("\x1b", {unknown});
  expect_keys("\x1b[", {unknown});
  expect_keys("\x1b\x1b[A", {unknown, up});
  expect_keys("\x1b[12\x1b[A", {unknown, up});
  expect_keys("\x1bx\x1c", {unknown, unknown});
}

TEST(Keys, TextIsWholeCharacters) {
  KeyDecoder keys;
  keys.push("a\xF0\x9F");
  auto found = drain(keys);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].text, "a");
  EXPECT_TRUE(keys.waits());
  keys.push("\x98\x80" "b\r");
  found = drain(keys);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].text, "\xF0\x9F\x98\x80" "b");
  EXPECT_EQ(found[1].key, Key::enter);
  keys.push("\xF0\x9F");
  keys.give_up();
  found = drain(keys);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].key, Key::text);
  EXPECT_EQ(well_formed(found[0].text), found[0].text);
}

TEST(Keys, PasteIsOnePiece) {
  const std::string bytes = "x\x1b[200~one\r\ntwo\rthree\n\x03\x1b[Aend\x1b[201~\r";
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    KeyDecoder keys;
    std::vector<KeyPress> found;
    for (const std::string& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      keys.push(part);
      for (KeyPress& press : drain(keys)) found.push_back(std::move(press));
    }
    ASSERT_EQ(found.size(), 3u) << cut;
    EXPECT_EQ(found[0].text, "x");
    EXPECT_EQ(found[1].key, Key::paste);
    EXPECT_EQ(found[1].text, "one\ntwo\nthree\n\x03\x1b[Aend");
    EXPECT_EQ(found[2].key, Key::enter);
  }
}

TEST(Keys, NoiseNeverHangs) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    KeyDecoder keys;
    for (int i = 0; i < 200; ++i) {
      std::string bytes;
      for (size_t length = random() % 8; length > 0; --length) {
        bytes += random() % 3 == 0 ? "\x1b[~O"[random() % 4] : static_cast<char>(random());
      }
      keys.push(bytes);
      if (random() % 4 == 0) keys.give_up();
      for (const KeyPress& press : drain(keys)) {
        ASSERT_EQ(well_formed(press.text), press.text);
      }
    }
    if (!keys.waits()) continue;
    keys.give_up();
    drain(keys);
    keys.give_up();
    drain(keys);
  }
}

}  // namespace
}  // namespace sluice::cli
