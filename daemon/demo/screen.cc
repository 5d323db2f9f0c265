#include "daemon/demo/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace tidemark::demo {
namespace {

constexpr std::array<const char*, 6> kWindows = {"now", "1h", "24h", "7d", "30d", "lifetime"};
constexpr size_t kNameWidth = 34, kLabelWidth = 16, kValueWidth = 13;

std::string Left(std::string text, size_t width) {
  text.resize(width, ' ');
  return text;
}
std::string Right(const std::string& text, size_t width) {
  return text.size() >= width ? " " + text : std::string(width - text.size(), ' ') + text;
}

// The labels of a series but its window: "email", "rep-alma"; the key of its row.
std::string LabelsOf(const Sample& sample) {
  std::string text;
  for (const auto& [name, value] : sample.labels) {
    if (name != "window" && name != "rule" && name != "bound") text += (text.empty() ? "" : "/") + value;
  }
  return text;
}

std::string Change(const Sample& sample, const MetricsPage& before) {
  for (const Sample* old : before.Family(sample.family)) {
    if (old->labels != sample.labels) continue;
    const double change = std::strtod(sample.value.c_str(), nullptr) - std::strtod(old->value.c_str(), nullptr);
    if (change == 0) return "";
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", change);  // no more digits than a double's difference has
    return (change > 0 ? "+" : "") + Readable(text);
  }
  return "new";
}

struct Row {
  std::string labels;
  std::map<std::string, const Sample*> by_window;
};

void DrawKpi(const MetricsPage& page, const MetricsPage& before, std::string_view kpi, std::vector<std::string>* lines) {
  std::vector<Row> rows;
  for (const Sample* sample : page.Family("sales_" + std::string(kpi))) {
    const std::string labels = LabelsOf(*sample);
    if (rows.empty() || rows.back().labels != labels) rows.push_back({labels, {}});
    const auto window = sample->labels.find("window");
    if (window != sample->labels.end()) rows.back().by_window[window->second] = sample;
  }
  std::string name(kpi);
  for (const Row& row : rows) {
    std::string line = Left(name, kNameWidth) + Left(row.labels, kLabelWidth);
    for (const char* window : kWindows) {
      const auto found = row.by_window.find(window);
      line += Right(Readable(found == row.by_window.end() ? "" : found->second->value), kValueWidth);
    }
    auto newest = row.by_window.find("1h");
    if (newest == row.by_window.end()) newest = row.by_window.find("now");
    lines->push_back(line + Right(newest == row.by_window.end() ? "" : Change(*newest->second, before), 12));
    name.clear();
  }
}

void DrawBreaches(const MetricsPage& page, std::vector<std::string>* lines) {
  for (const Sample* breach : page.Family("tidemark_breach")) {
    if (breach->value != "1") continue;
    std::string observed;
    for (const Sample* sample : page.Family("tidemark_breach_observed")) {
      if (sample->labels == breach->labels) observed = sample->value;
    }
    const auto rule = breach->labels.find("rule");
    const std::string labels = LabelsOf(*breach);
    lines->push_back("  FIRING  " + (rule == breach->labels.end() ? "?" : rule->second) +
                     (labels.empty() ? "" : " (" + labels + ")") + ": " + Readable(observed));
  }
}

std::string Freshness(const MetricsPage& page, WallTime now) {
  double oldest = INFINITY;
  for (const Sample* sample : page.Family("tidemark_kpi_evaluation_timestamp_seconds")) {
    oldest = std::min(oldest, std::strtod(sample->value.c_str(), nullptr));
  }
  if (!std::isfinite(oldest) || oldest <= 0) return "none yet";
  const double behind = static_cast<double>(Micros(now)) / 1e6 - oldest;
  if (behind < 120) {
    char text[40];
    std::snprintf(text, sizeof text, "%.1f s behind now", std::max(0.0, behind));
    return text;
  }
  return "reading history: at " + FormatRfc3339(EventTimeFromMicros(static_cast<int64_t>(oldest) * kMicrosPerSecond));
}

}  // namespace

std::string Readable(const std::string& value) {
  if (value.empty()) return "-";
  std::string text = value;
  size_t point = text.find('.');
  if (point != std::string::npos && text.size() - point > 5) {
    char rounded[64];
    std::snprintf(rounded, sizeof rounded, "%.4f", std::strtod(value.c_str(), nullptr));
    text = rounded;
    point = text.find('.');
  }
  const size_t whole = point == std::string::npos ? text.size() : point;
  const size_t first = text[0] == '-' ? 1 : 0;
  if (text.find_first_not_of("0123456789", first) < whole) return text;  // 1e+20, NaN
  for (size_t at = whole; at > first + 3;) text.insert(at -= 3, ",");
  return text;
}

std::vector<std::string> DrawScreen(const MetricsPage& page, const MetricsPage& before, const ScreenFacts& facts,
                                    size_t width, size_t height) {
  std::vector<std::string> lines;
  lines.push_back("tidemark demo   " + FormatRfc3339(FloorTo(EventTimeOfProof(facts.now), std::chrono::seconds(1))) +
                  "   events produced: " + Readable(std::to_string(facts.produced)) +
                  "   KPIs: " + Freshness(page, facts.now));
  std::string head = Left("KPI", kNameWidth) + Left("", kLabelWidth);
  for (const char* window : kWindows) head += Right(window, kValueWidth);
  lines.push_back(head + Right("change", 12));
  for (const std::string_view kpi : facts.kpis) DrawKpi(page, before, kpi, &lines);
  const size_t all = page.Family("tidemark_kpi_info").size();
  if (all > facts.kpis.size()) lines.push_back("  ... and " + std::to_string(all - facts.kpis.size()) + " more KPIs at the address below");
  std::vector<std::string> breaches;
  DrawBreaches(page, &breaches);
  // Breaches and the last line are shown whatever the height.
  const size_t room = height > breaches.size() + 3 ? height - breaches.size() - 3 : 2;
  if (lines.size() > room) {
    const size_t hidden = lines.size() - room + 1;
    lines.resize(room - 1);
    lines.push_back("  ... and " + std::to_string(hidden) + " more lines; make the terminal taller");
  }
  lines.push_back(breaches.empty() ? "Breaches: none" : "Breaches: " + std::to_string(breaches.size()));
  lines.insert(lines.end(), breaches.begin(), breaches.end());
  lines.push_back("Page: " + facts.url + "/   Metrics: " + facts.url + "/metrics   " +
                  (facts.left.empty() ? "Ctrl-C ends it" : "ends in " + facts.left));
  for (std::string& line : lines) {
    if (line.size() > width) line.resize(width);
  }
  return lines;
}

Terminal::Terminal() : interactive_(isatty(STDOUT_FILENO) == 1) {}

size_t Terminal::width() const {
  winsize size{};
  return interactive_ && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 160;
}

size_t Terminal::height() const {
  winsize size{};
  return interactive_ && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row - 1u : 100;
}

void Terminal::Back() {
  if (drawn_ > 0) std::printf("\x1b[%zuA\r\x1b[J", drawn_);
  drawn_ = 0;
}

void Terminal::Show(const std::vector<std::string>& lines) {
  if (interactive_) Back();
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
  drawn_ = interactive_ ? lines.size() : 0;
  std::fflush(stdout);
}

void Terminal::Progress(const std::string& line) { Show({line}); }

void Terminal::Say(const std::string& line) {
  Show({line});
  Keep();
}

}  // namespace tidemark::demo
