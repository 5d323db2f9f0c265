// gzip in two pieces: a body's long part compressed once and kept, a fresh tail added at each scrape.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/text_buffer.h"

namespace tidemark {

// Deflated bytes that end at a byte boundary without closing the stream, with what the trailer must know of them.
struct DeflatedPart {
  std::string bytes;
  uint32_t crc = 0;
  uint64_t plain_bytes = 0;
};

// Compresses what is written to it. `before`: the part that comes earlier in the same gzip member, or null for the
// first, which then begins with the gzip header. Threads: one.
class GzipSink final : public TextSink {
 public:
  explicit GzipSink(const DeflatedPart* before = nullptr);
  ~GzipSink() override;
  void Write(std::string_view chunk) override;
  // More parts follow.
  DeflatedPart TakePart() &&;
  // The last part, with the gzip trailer over all of them.
  std::string TakeLast() &&;

 private:
  struct Stream;
  void Deflate(std::string_view chunk, bool flush, bool last);

  std::unique_ptr<Stream> stream_;
  DeflatedPart part_;
};

}  // namespace tidemark
