// Samples of records, one a line, into a draft of their mapping, which is compiled and run over them before it is shown.
#include <algorithm>
#include <string>
#include <vector>

#include "daemon/draft/draft.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> records;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    records.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  const Result<std::string> draft = DraftSource("it", records), again = DraftSource("it", records);
  testing::Expect(draft.ok() || draft.status().text().find("mistake of this program") == std::string::npos, [&] { return draft.status().text(); });
  testing::Expect(draft.ok() == again.ok() && (!draft.ok() || *draft == *again), "the same samples, the same draft");
  return 0;
}
