// The page for people as it is served: whole, compressed, and allowed to do nothing but talk to its daemon.
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "daemon/page_service.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

HttpResponse Ask(const PageService& page, std::string_view path, std::string_view encoding = "") {
  HttpRequest request;
  request.path = path;
  request.accept_encoding = encoding;
  return page.Answer(request);
}

std::string BytesOf(const HttpResponse& response) { return response.prefix == nullptr ? response.body : response.prefix->bytes + response.body; }

std::string Inflated(const std::string& gzip, size_t room) {
  std::string plain(room, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

TEST(PageService, EveryFileIsEmbeddedByteForByteAndCompressed) {
  const PageService page;
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(TIDEMARK_SOURCE_DIR) / "daemon" / "page")) {
    const std::string name = entry.path().filename();
    if (name == "README.md" || name.ends_with(".cmake") || name == "index.html") continue;
    const std::string wanted = ReadFile(entry.path());
    const HttpResponse plain = Ask(page, page.assets() + name);
    EXPECT_EQ(plain.code, 200u) << name;
    EXPECT_EQ(BytesOf(plain), wanted) << name;
    const HttpResponse gzip = Ask(page, page.assets() + name, "gzip");
    EXPECT_TRUE(gzip.gzip);
    EXPECT_EQ(Inflated(BytesOf(gzip), wanted.size() + 1), wanted) << name;
    ++files;
  }
  EXPECT_GE(files, 10u);
  EXPECT_GT(BytesOf(Ask(page, page.assets() + "chart.min.js")).size(), 100'000u);
}

TEST(PageService, OnlyFilesWithTheirDigestAreKeptForGood) {
  const PageService page;
  EXPECT_EQ(Ask(page, page.assets() + "app.js").cache_control, "public, max-age=31536000, immutable");
  EXPECT_EQ(Ask(page, "/").cache_control, "no-store");
  for (const char* path : {"/assets/", "/assets/0/app.js", "/assets/app.js", "/assets/../app.js"}) EXPECT_EQ(Ask(page, path).code, 404u) << path;
  EXPECT_EQ(Ask(page, page.assets() + "../index.html").code, 404u);
  const PageFile kOther[] = {{"app.js", "1"}, {"index.html", "x {{assets}}app.js y {{assets}}z"}};
  const PageService other(kOther);
  EXPECT_NE(other.assets(), page.assets()) << "another version is another address";
  EXPECT_EQ(BytesOf(Ask(other, "/")), "x " + other.assets() + "app.js y " + other.assets() + "z");
}

TEST(PageService, KpisHaveAddressesOfTheirOwnAndNothingRunsButItsFiles) {
  const PageService page;
  const std::string index = BytesOf(Ask(page, "/"));
  EXPECT_EQ(BytesOf(Ask(page, "/kpi/revenue")), index);
  for (const char* path : {"/", "/kpi/x"}) {
    const std::string policy(Ask(page, path).content_security_policy);
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';")) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  }
  EXPECT_EQ(index.find("<style"), std::string::npos);
  EXPECT_EQ(index.find("style="), std::string::npos);
  EXPECT_EQ(index.find("://"), std::string::npos) << "works without a network";
  EXPECT_EQ(Ask(page, "/api/v1/openapi.yaml").content_type, "application/yaml");
}

// Labels are written by strangers: what they say is text.
TEST(PageService, NoScriptMakesMarkupOfData) {
  for (const PageFile& file : ShippedPage()) {
    if (file.name == "chart.min.js" || !file.name.ends_with(".js")) continue;
    for (const char* word : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", ".style."}) {
      EXPECT_EQ(file.content.find(word), std::string_view::npos) << file.name << ": " << word;
    }
  }
}

}  // namespace
}  // namespace tidemark
