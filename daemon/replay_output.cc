#include "daemon/replay_output.h"

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/api.h"
#include "daemon/exposition.h"
#include "daemon/text_buffer.h"

namespace tidemark {
namespace {

using Cells = std::vector<std::string>;

// Text columns flush left, the value columns (from `first_value` on) flush right.
void PrintAligned(const std::vector<Cells>& rows, size_t first_value, std::ostream* out) {
  std::vector<size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], ColumnsOf(row[c]));
  }
  for (const Cells& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string gap(widths[c] - ColumnsOf(row[c]), ' ');
      line += "  " + (c < first_value ? row[c] + gap : gap + row[c]);
    }
    *out << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
  }
}

}  // namespace

void PrintJsonLines(const View& view, EventTime t, std::ostream* out) {
  const std::string at = FormatRfc3339(t);
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& kpi = view.kpis()[k];
    view.ForEach(KpiId{k}, [&](const SeriesValue& series) {
      JsonWriter json;
      json.BeginObject().Key("kpi").String(kpi.name);
      WriteLabels(kpi.labels, series.labels.values, &json);
      json.Key("window").String(kpi.windows[series.window]).Key("t").String(at).Key("value").Number(series.value);
      *out << std::move(json.EndObject()).Take() << "\n";
    });
  }
}

void PrintTable(const View& view, EventTime t, std::ostream* out) {
  *out << "at " << FormatRfc3339(t) << "\n";
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& kpi = view.kpis()[k];
    *out << "\n" << kpi.name << (kpi.unit.empty() ? "" : " (" + kpi.unit + ")") << ": " << ForTerminal(kpi.help) << "\n";
    std::vector<Cells> rows(1, kpi.labels);
    rows[0].insert(rows[0].end(), kpi.windows.begin(), kpi.windows.end());
    const SeriesLabels* current = nullptr;
    view.ForEach(KpiId{k}, [&](const SeriesValue& series) {
      if (&series.labels != current || series.window == 0) {
        current = &series.labels;
        rows.emplace_back();
        for (const std::string& value : series.labels.values) rows.back().push_back(ForTerminal(value));
        rows.back().resize(kpi.labels.size() + kpi.windows.size(), "-");
      }
      if (!series.value.absent()) {
        StringSink sink;
        TextBuffer text(&sink);
        text.Append(series.value);
        text.Flush();
        rows.back()[kpi.labels.size() + series.window] = sink.text();
      }
    });
    if (rows.size() == 1) rows.push_back({"(no series)"});
    PrintAligned(rows, kpi.labels.size(), out);
  }
}

void PrintPrometheus(const View& view, std::ostream* out) {
  StringSink sink;
  TextBuffer text(&sink);
  WriteViewFamilies(view, TextFormat::kPrometheus, &text);
  text.Flush();
  *out << sink.text();
}

}  // namespace tidemark
