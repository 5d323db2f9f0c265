// Versions of one to three parts as they are stored: of one part they are that number, as they were before there were more.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/entity/states.h"

namespace tidemark::entity {
namespace {

using namespace std::string_view_literals;

TEST(EntityVersionBytes, AreTheNumberOrAllPartsBehindAMark) {
  static constexpr std::string_view kMark = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv;  // INT64_MIN
  const struct {
    const char* name;
    EntityVersion version;
    std::string bytes;
  } rows[] = {
      {"none", {0, 0, 0}, std::string(1, '\0')},
      {"one part", {5, 0, 0}, "\x0a"},
      {"the second part alone tells", {5, 7, 0}, std::string(kMark) + std::string("\x0a\x0e\x00"sv)},
      {"the third part alone tells", {5, 0, 1}, std::string(kMark) + std::string("\x0a\x00\x02"sv)},
      {"the mark itself", {INT64_MIN, 0, 0}, std::string(kMark) + std::string(kMark) + std::string("\x00\x00"sv)},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    std::string bytes;
    PutVersion(&bytes, row.version);
    EXPECT_EQ(bytes, row.bytes);
    ByteReader reader(bytes);
    EXPECT_EQ(ReadVersion(&reader), row.version);
    EXPECT_TRUE(reader.Done());
    for (size_t n = 0; n < bytes.size(); ++n) {
      ByteReader cut(std::string_view(bytes).substr(0, n));
      ReadVersion(&cut);
      EXPECT_FALSE(cut.ok()) << n;
    }
  }
}

}  // namespace
}  // namespace tidemark::entity
