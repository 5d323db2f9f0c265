#include "config/catalogue_page.h"

#include <algorithm>

#include "config/config.h"
#include "config/sections.h"
#include "config/subjects.h"
#include "config/written.h"
#include "pipeline/event/schema.h"
#include "pipeline/plan/plan.h"

namespace tidemark {
namespace config {
namespace {

constexpr const char* kIntroduction =
    "Made by `tidemark generate catalogue --output=config/catalogue/README.md`: change the files beside this one, not "
    "this page.\n\n"
    "In a configuration `catalogue: [SUBJECT, ..]` takes the KPIs of these subjects and what their formulas need of "
    "others,\n`catalogue: all` takes everything. A KPI of your own of the same name takes the place of one of these. "
    "See `config/README.md`.\n";

std::string Code(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "`" : ", `") + word + "`";
  return text;
}

// As GitHub makes one of a heading.
std::string Anchor(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (c >= 'A' && c <= 'Z') {
      anchor += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-') {
      anchor += c;
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

std::string Heading(const Subject& subject) { return subject.name + ": " + subject.title; }

std::string Yaml(const Document& document, int first, int end) {
  return "```yaml\n" + Written(document, first, end) + "```\n";
}

std::string Definition(const Subject& subject, size_t kpi) {
  return "```yaml\n" + WrittenKpi(subject.document, subject.kpis[kpi].value.node().at.line) + "```\n";
}

// The derived fields of a subject; "" without any.
std::string Fields(const Subject& subject) {
  for (const Node::Entry& section : subject.document.root().entries) {
    if (section.key != "fields") continue;
    return "\n" + Yaml(subject.document, section.at.line, EndOfSection(subject.document, section.at.line));
  }
  return "";
}

std::string MetricRow(const std::string& family, const std::vector<std::string>& labels, const std::string& windows) {
  return "| `" + family + "` | " + Code(labels) + " | " + windows + " |\n";
}

// The metrics that a KPI makes, and those that are made of it.
std::string Metrics(const Plan& plan, KpiId id) {
  std::string rows = "| metric | labels | windows |\n|---|---|---|\n";
  for (size_t k = 0; k < plan.kpis().size(); ++k) {
    const KpiPlan& kpi = plan.kpis()[k];
    if (k != id.v && (kpi.derived == Derived::kNone || kpi.base != id)) continue;
    std::vector<std::string> windows = kpi.info.windows;
    if (kpi.derived == Derived::kCompare || kpi.derived == Derived::kGrowth) std::erase(windows, "lifetime");
    rows += MetricRow(kpi.info.family, kpi.info.labels, Code(windows));
    if (kpi.info.counter && kpi.info.lifetime_window < kpi.info.windows.size()) {
      rows += MetricRow(kpi.info.family + "_total", kpi.info.labels, "since the beginning");
    }
  }
  return rows;
}

std::string Page(const Subjects& subjects, const Plan& plan) {
  size_t kpis = 0;
  std::string index = "\n| subject | KPIs | what |\n|---|---|---|\n", body;
  for (const Subject& subject : subjects.all()) {
    index += "| [" + subject.name + "](#" + Anchor(Heading(subject)) + ") | " + std::to_string(subject.kpis.size()) +
             " | " + subject.title + " |\n";
    body += "\n## " + Heading(subject) + "\n" + subject.help + "\n" + Fields(subject);
    for (size_t k = 0; k < subject.kpis.size(); ++k) {
      const KpiInfo& info = plan.kpi_infos()[kpis];
      body += "\n### " + info.name + "\n" + info.help + (info.unit.empty() ? "" : " Unit: " + info.unit + ".") +
              "\n\n" + Metrics(plan, KpiId{static_cast<uint32_t>(kpis)}) + "\n" + Definition(subject, k);
      ++kpis;
    }
  }
  return "# The catalogue: " + std::to_string(kpis) + " KPIs\n\n" + kIntroduction + index + body;
}

}  // namespace
}  // namespace config

std::string CataloguePage(Catalogue files, Diagnostics* diagnostics) {
  const config::Subjects subjects(files, diagnostics);
  std::vector<size_t> all;
  for (size_t subject = 0; subject < subjects.all().size(); ++subject) all.push_back(subject);
  Specs specs;
  specs.topics.emplace_back().name = kOfflineTopic;
  config::TakeSubjects(subjects, all, &specs);
  config::CheckReferences(&specs, diagnostics);
  if (!diagnostics->empty()) return "";
  const std::shared_ptr<const Plan> plan = Plan::Compile(specs, Schema::Canonical(), diagnostics);
  return plan == nullptr ? "" : config::Page(subjects, *plan);
}

}  // namespace tidemark
