// Goal: each editing operation does to text and cursor what its key is expected to do, on any text.
// Method: the buffer written with a | at the cursor, before and after.
#include "cli/edit_buffer.hpp"

#include <gtest/gtest.h>

#include <random>

#include "cli/text_width.hpp"

namespace sluice::cli {
namespace {

EditBuffer at(const std::string& marked) {
  const size_t cursor = marked.find('|');
  EditBuffer buffer;
  buffer.set(marked.substr(0, cursor));
  const std::string rest = marked.substr(cursor + 1);
  // Text is inserted at the cursor; going back over it leaves the cursor where it was.
  buffer.insert(rest);
  for (size_t end = buffer.text().size(); end > cursor; end = buffer.cursor()) buffer.left();
  return buffer;
}

std::string shown(const EditBuffer& buffer) {
  std::string text = buffer.text();
  return text.insert(buffer.cursor(), "|");
}

template <typename Operation>
std::string after(const std::string& marked, Operation operation) {
  EditBuffer buffer = at(marked);
  (buffer.*operation)();
  return shown(buffer);
}

const std::string kThumb = "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD";

TEST(EditBuffer, MovesByCharacters) {
  EXPECT_EQ(after("ab|c", &EditBuffer::left), "a|bc");
  EXPECT_EQ(after("ab|c", &EditBuffer::right), "abc|");
  EXPECT_EQ(after("|abc", &EditBuffer::left), "|abc");
  EXPECT_EQ(after("abc|", &EditBuffer::right), "abc|");
  EXPECT_EQ(after("a" + kThumb + "|c", &EditBuffer::left), "a|" + kThumb + "c");
  EXPECT_EQ(after("a|" + kThumb + "c", &EditBuffer::right), "a" + kThumb + "|c");
}

TEST(EditBuffer, MovesByWordsAndLines) {
  EXPECT_EQ(after("one two|", &EditBuffer::word_left), "one |two");
  EXPECT_EQ(after("one two  |", &EditBuffer::word_left), "one |two  ");
  EXPECT_EQ(after("|one, two", &EditBuffer::word_right), "one|, two");
  EXPECT_EQ(after("one|, two", &EditBuffer::word_right), "one, two|");
  EXPECT_EQ(after("one\ntw|o\nthree", &EditBuffer::line_start), "one\n|two\nthree");
  EXPECT_EQ(after("one\ntw|o\nthree", &EditBuffer::line_finish), "one\ntwo|\nthree");
}

TEST(EditBuffer, GoesUpAndDown) {
  EXPECT_EQ(after("one\ntw|o\nthree", &EditBuffer::up), "on|e\ntwo\nthree");
  EXPECT_EQ(after("one\ntw|o\nthree", &EditBuffer::down), "one\ntwo\nth|ree");
  EXPECT_EQ(after("a\nlong li|ne", &EditBuffer::up), "a|\nlong line");
  EXPECT_EQ(after("\n\n|", &EditBuffer::up), "\n|\n");
  EditBuffer buffer = at("on|e");
  EXPECT_FALSE(buffer.up());
  EXPECT_FALSE(buffer.down());
  EXPECT_EQ(shown(buffer), "on|e");
}

TEST(EditBuffer, Erases) {
  EXPECT_EQ(after("a" + kThumb + "|c", &EditBuffer::erase_left), "a|c");
  EXPECT_EQ(after("a|" + kThumb + "c", &EditBuffer::erase_right), "a|c");
  EXPECT_EQ(after("|a", &EditBuffer::erase_left), "|a");
  EXPECT_EQ(after("a|", &EditBuffer::erase_right), "a|");
  EXPECT_EQ(after("a\n|b", &EditBuffer::erase_left), "a|b");
}

TEST(EditBuffer, KillsAndYanks) {
  EXPECT_EQ(after("one tw|o", &EditBuffer::kill_line_left), "|o");
  EXPECT_EQ(after("o|ne\ntwo", &EditBuffer::kill_line_right), "o|\ntwo");
  EXPECT_EQ(after("one|\ntwo", &EditBuffer::kill_line_right), "one|two");
  EXPECT_EQ(after("see a/b.c |", &EditBuffer::kill_word_left), "see a/b.|");
  EXPECT_EQ(after("see a/b.c |", &EditBuffer::kill_blank_word_left), "see |");
  EXPECT_EQ(after("one| two x", &EditBuffer::kill_word_right), "one| x");
  EditBuffer buffer = at("one two|");
  buffer.kill_word_left();
  buffer.line_start();
  buffer.yank();
  EXPECT_EQ(shown(buffer), "two|one ");
  buffer.line_finish();
  buffer.kill_word_right();  // nothing there: what was killed stays
  buffer.yank();
  EXPECT_EQ(shown(buffer), "twoone two|");
}

// Whatever is done, the text stays UTF-8 and the cursor between characters.
TEST(EditBuffer, StaysWhole) {
  using Operation = void (EditBuffer::*)();
  const Operation operations[] = {
      &EditBuffer::erase_left,      &EditBuffer::erase_right,    &EditBuffer::left,
      &EditBuffer::right,           &EditBuffer::word_left,      &EditBuffer::word_right,
      &EditBuffer::line_start,      &EditBuffer::line_finish,    &EditBuffer::kill_line_left,
      &EditBuffer::kill_line_right, &EditBuffer::kill_word_left, &EditBuffer::kill_blank_word_left,
      &EditBuffer::kill_word_right, &EditBuffer::yank};
  const std::string pieces[] = {"a", " ", "\n", kThumb, "e\xCC\x81", "\xE4\xB8\xAD", "word", "\t"};
  std::mt19937 random(1);
  EditBuffer buffer;
  for (int i = 0; i < 20000; ++i) {
    if (random() % 2 == 0) {
      buffer.insert(pieces[random() % std::size(pieces)]);
    } else {
      (buffer.*operations[random() % std::size(operations)])();
    }
    if (random() % 8 == 0) (void)(random() % 2 == 0 ? buffer.up() : buffer.down());
    if (buffer.text().size() > 200) buffer.set("");
    ASSERT_EQ(well_formed(buffer.text()), buffer.text());
    ASSERT_LE(buffer.cursor(), buffer.text().size());
    ASSERT_EQ(well_formed(buffer.text().substr(0, buffer.cursor())) ,
              buffer.text().substr(0, buffer.cursor()));
  }
}

}  // namespace
}  // namespace sluice::cli
