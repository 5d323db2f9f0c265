// The demo's table: KPIs, breaches and freshness of one scrape, as lines of text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/demo/metrics_page.h"
#include "pipeline/base/time.h"

namespace tidemark::demo {

struct ScreenFacts {
  WallTime now{};
  std::span<const std::string_view> kpis;  // shown, in this order
  uint64_t produced = 0;  // facts sent so far
  std::string url;  // of the daemon, without a path
  std::string left;  // how long it goes on; empty: until Ctrl-C
};

// One line a series and one a breach that fires, at most `height` lines of at most `width` characters. `before` is the
// page that changes are shown against. Pure.
std::vector<std::string> DrawScreen(const MetricsPage& page, const MetricsPage& before, const ScreenFacts& facts,
                                    size_t width, size_t height);

// "1234567.25" -> "1,234,567.25"; ratios and means to four significant places after the point; "-" when empty.
std::string Readable(const std::string& value);

// Shows lines on standard output. On a terminal each Show replaces the last; else they follow one another.
class Terminal {
 public:
  Terminal();
  bool interactive() const { return interactive_; }
  size_t width() const;
  size_t height() const;
  void Show(const std::vector<std::string>& lines);
  // A line that the next Show or Progress replaces on a terminal; elsewhere a line of its own.
  void Progress(const std::string& line);
  // What was shown last stays; the next goes below it.
  void Keep() { drawn_ = 0; }
  // A line that stays.
  void Say(const std::string& line);

 private:
  void Back();
  const bool interactive_;
  size_t drawn_ = 0;  // lines to go up before drawing again
};

}  // namespace tidemark::demo
