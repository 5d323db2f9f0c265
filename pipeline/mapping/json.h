// JSON records: one pass that takes what a mapping wants. Internal to this room.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "pipeline/mapping/capture.h"

namespace tidemark::mapping {

// Threads: confined to one.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();

  // Fills *captures and calls `visit`, once; with `each`, of an array, for each element. What was captured is there until
  // the next Read(). False when the text is no JSON, or a record that is no object: then what was visited doesn't count. Of a name
  // that occurs twice the last that isn't null counts. Insides of what isn't wanted are skipped, not checked.
  bool Read(std::string_view text, bool each, const CapturePlan& plan, Captures* captures, const std::function<void()>& visit);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidemark::mapping
