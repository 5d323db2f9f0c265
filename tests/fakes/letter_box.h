// A LetterBox that keeps what it gets, and delivers when a test says so.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/engine/letter.h"

namespace tidemark {

class FakeLetterBox : public LetterBox {
 public:
  void Post(uint64_t number, std::shared_ptr<const std::string> letter) override {
    posted.push_back(Shown(*letter));
    waiting.push_back(number);
  }
  std::vector<uint64_t> TakeDelivered() override { return closed ? std::vector<uint64_t>() : std::exchange(waiting, {}); }

  // "key|value|name=value name=value", "-" where there is none.
  static std::string Shown(const std::string& bytes) {
    const Result<DeadLetter> letter = DecodeLetter(bytes);
    if (!letter.ok()) return letter.status().text();
    const auto text = [](std::string_view of) { return of.data() == nullptr ? std::string("-") : std::string(of); };
    std::string shown = text(letter->key) + "|" + text(letter->value) + "|";
    for (const RecordHeader& header : letter->headers) shown += (shown.ends_with('|') ? "" : " ") + std::string(header.name) + "=" + text(header.value);
    return shown;
  }

  bool closed = false;
  std::vector<std::string> posted;
  std::vector<uint64_t> waiting;
};

}  // namespace tidemark
