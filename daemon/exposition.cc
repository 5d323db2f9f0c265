#include "daemon/exposition.h"

#include <string>
#include <vector>

#include "daemon/clock.h"

namespace tidemark {
namespace {

bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::string_view TypeName(FamilyType type, TextFormat format) {
  switch (type) {
    case FamilyType::kCounter:
      return "counter";
    case FamilyType::kHistogram:
      return "histogram";
    case FamilyType::kInfo:
      return format == TextFormat::kOpenMetrics ? "info" : "gauge";
    case FamilyType::kUnknown:
      return format == TextFormat::kOpenMetrics ? "unknown" : "untyped";
    case FamilyType::kGauge:
      break;
  }
  return "gauge";
}

char* Put(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// What follows a series' labels on its line, per window: `,window="24h"} `.
std::vector<std::string> WindowTails(const KpiInfo& kpi) {
  std::vector<std::string> tails;
  for (const std::string& window : kpi.windows) {
    tails.push_back((kpi.labels.empty() ? "" : ",") + ("window=\"" + EscapeLabelValue(window)) + "\"} ");
  }
  return tails;
}

// One line per call: prefix, labels, tail, value. The lines of a KPI share prefix and tails.
void WriteLine(std::string_view prefix, std::string_view labels, std::string_view tail, const Value& value,
               TextBuffer* out) {
  char* to = out->Room(prefix.size() + labels.size() + tail.size() + kMaxNumberChars + 1);
  to = Put(Put(Put(to, prefix), labels), tail);
  to = PutValue(to, value);
  *to++ = '\n';
  out->Advance(to);
}

void WriteKpi(const View& view, KpiId id, TextFormat format, TextBuffer* out) {
  const KpiInfo& kpi = view.kpis()[id.v];
  const std::vector<std::string> tails = WindowTails(kpi);
  const std::string prefix = kpi.family + "{";
  const bool counter = kpi.counter && kpi.lifetime_window < kpi.windows.size();
  const std::string total = kpi.family + "_total";
  const std::string total_prefix = total + (kpi.labels.empty() ? "" : "{");
  const std::string total_tail = kpi.labels.empty() ? " " : "} ";
  StringSink total_lines;  // a family's lines must be together, so these wait
  TextBuffer total_out(&total_lines);

  WriteFamilyHeader(kpi.family, kpi.help, FamilyType::kGauge, kpi.unit, format, out);
  view.ForEach(id, [&](const SeriesValue& series) {
    if (series.value.absent()) return;
    WriteLine(prefix, series.labels.escaped, tails[series.window], series.value, out);
    if (counter && series.window == kpi.lifetime_window) {
      WriteLine(total_prefix, series.labels.escaped, total_tail, series.value, &total_out);
    }
  });
  if (!counter) return;
  total_out.Flush();
  // OpenMetrics names a counter's family without _total, which is the gauge's name already: so it is unknown there.
  const FamilyType type = format == TextFormat::kOpenMetrics ? FamilyType::kUnknown : FamilyType::kCounter;
  WriteFamilyHeader(total, kpi.help + " Since the beginning; survives restarts.", type, "", format, out);
  out->Append(total_lines.text());
}

// Writes `name{kpi="..."[,more]} value` lines for all KPIs.
class KpiTable {
 public:
  KpiTable(const View& view, TextFormat format, TextBuffer* out) : view_(view), format_(format), out_(out) {}

  template <class F>
  void Family(std::string_view name, std::string_view help, FamilyType type, const F& write) const {
    WriteFamilyHeader(name, help, type, "", format_, out_);
    for (uint32_t k = 0; k < view_.kpis().size(); ++k) {
      const std::string head = std::string(name) + "{kpi=\"" + EscapeLabelValue(view_.kpis()[k].name) + "\"";
      write(head, view_.kpis()[k], view_.status(KpiId{k}));
    }
  }
  template <class N>
  void Line(std::string_view head, std::string_view more, N value) const {
    out_->Append(head);
    out_->Append(more);
    out_->Append("} ");
    out_->Append(value);
    out_->Append("\n");
  }

 private:
  const View& view_;
  TextFormat format_;
  TextBuffer* out_;
};

void WriteKpiEvents(const KpiTable& table) {
  table.Family(
      "tidemark_kpi_routed_events_total", "Events of the types that the KPI reads.", FamilyType::kCounter,
      [&](const std::string& head, const KpiInfo&, const KpiStatus& s) {
        if (s.counted) table.Line(head, "", s.counts.routed);
      });
  table.Family("tidemark_kpi_events_total", "What became of the routed events; the results add up to them.",
               FamilyType::kCounter, [&](const std::string& head, const KpiInfo&, const KpiStatus& s) {
                 if (!s.counted) return;  // a counter that begins low would be taken for a reset
                 table.Line(head, ",result=\"counted\"", s.counts.counted);
                 table.Line(head, ",result=\"filtered\"", s.counts.filtered);
                 table.Line(head, ",result=\"late_dropped\"", s.counts.late_dropped);
                 table.Line(head, ",result=\"overflowed\"", s.counts.overflowed);
                 table.Line(head, ",result=\"unmatched\"", s.counts.unmatched);
               });
}

}  // namespace

void WriteFamilyHeader(std::string_view name, std::string_view help, FamilyType type, std::string_view unit,
                       TextFormat format, TextBuffer* out) {
  const bool open_metrics = format == TextFormat::kOpenMetrics;
  if (open_metrics && type == FamilyType::kCounter && EndsWith(name, "_total")) name.remove_suffix(6);
  if (open_metrics && type == FamilyType::kInfo && EndsWith(name, "_info")) name.remove_suffix(5);
  const auto line = [&](std::string_view keyword, std::string_view text) {
    for (const std::string_view part : {std::string_view("# "), keyword, std::string_view(" "), name,
                                        std::string_view(" "), text, std::string_view("\n")}) {
      out->Append(part);
    }
  };
  line("HELP", EscapeHelp(help, open_metrics));
  line("TYPE", TypeName(type, format));
  if (open_metrics && !unit.empty() && EndsWith(name, "_" + std::string(unit))) line("UNIT", unit);
}

std::vector<std::string> LabelNames(const KpiInfo& kpi) {
  std::vector<std::string> names = kpi.labels;
  names.push_back("window");
  return names;
}

void WriteKpiFamilies(const View& view, TextFormat format, TextBuffer* out) {
  for (uint32_t k = 0; k < view.kpis().size(); ++k) WriteKpi(view, KpiId{k}, format, out);
}

void WriteKpiStatusFamilies(const View& view, TextFormat format, TextBuffer* out) {
  if (view.kpis().empty()) return;
  const KpiTable table(view, format, out);
  table.Family("tidemark_kpi_info", "The KPIs and their units.", FamilyType::kInfo,
               [&](const std::string& head, const KpiInfo& kpi, const KpiStatus&) {
                 table.Line(head, ",unit=\"" + EscapeLabelValue(kpi.unit) + "\"", int64_t{1});
               });
  table.Family("tidemark_kpi_coverage_ratio", "Share of the window of which the events are known; 1 is all of it.",
               FamilyType::kGauge, [&](const std::string& head, const KpiInfo& kpi, const KpiStatus& s) {
                 for (size_t w = 0; w < kpi.windows.size() && w < s.coverage.size(); ++w) {
                   table.Line(head, ",window=\"" + EscapeLabelValue(kpi.windows[w]) + "\"", s.coverage[w]);
                 }
               });
  table.Family("tidemark_kpi_series", "Series of the KPI.", FamilyType::kGauge,
               [&](const std::string& head, const KpiInfo&, const KpiStatus& s) { table.Line(head, "", s.series); });
  table.Family(
      "tidemark_kpi_series_limit", "Series that the KPI may have before __other__ takes the rest.", FamilyType::kGauge,
      [&](const std::string& head, const KpiInfo&, const KpiStatus& s) { table.Line(head, "", s.series_limit); });
  table.Family(
      "tidemark_kpi_series_overflowed_total", "Events counted in __other__ because the series limit was reached.",
      FamilyType::kCounter,
      [&](const std::string& head, const KpiInfo&, const KpiStatus& s) {
        if (s.counted) table.Line(head, "", s.counts.overflowed);
      });
  table.Family("tidemark_kpi_evaluation_timestamp_seconds", "Event time at which the KPI's windows are read.",
               FamilyType::kGauge, [&](const std::string& head, const KpiInfo&, const KpiStatus& s) {
                 if (s.evaluated_at != kNoEventTime) table.Line(head, "", Value::Exact({Micros(s.evaluated_at), 6}));
               });
  const auto is_held = [&](size_t k) { return view.status(KpiId{static_cast<uint32_t>(k)}).held; };
  size_t held = 0;
  for (size_t k = 0; k < view.kpis().size(); ++k) held += is_held(k) ? 1 : 0;
  if (held > 0) {
    table.Family("tidemark_kpi_held", "1: the KPI's windows end where sources that come in batches are complete.", FamilyType::kGauge,
                 [&](const std::string& head, const KpiInfo&, const KpiStatus& s) {
                   if (s.held) table.Line(head, "", int64_t{1});
                 });
  }
  WriteKpiEvents(table);
}

void WriteStateComplete(bool complete, TextFormat format, TextBuffer* out) {
  WriteFamilyHeader("tidemark_state_complete", "1 when everything assigned is restored, readable and counted in.",
                    FamilyType::kGauge, "", format, out);
  out->Append(complete ? "tidemark_state_complete 1\n" : "tidemark_state_complete 0\n");
}

void WriteViewFamilies(const View& view, TextFormat format, TextBuffer* out) {
  WriteKpiFamilies(view, format, out);
  WriteKpiStatusFamilies(view, format, out);
  WriteStateComplete(view.complete(), format, out);
  WriteBreachFamilies(view, format, out);
}

}  // namespace tidemark
