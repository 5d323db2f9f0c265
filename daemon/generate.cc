// `generate`: what follows from the definitions, as files for others.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "config/catalogue_page.h"
#include "daemon/commands.h"
#include "daemon/draft/draft.h"
#include "daemon/exit_code.h"
#include "daemon/samples.h"

namespace tidemark {
namespace {

// To the file, or to stdout when there is none.
int Put(const std::string& text, const std::string& file) {
  if (file.empty()) {
    std::cout << text << std::flush;
    return std::cout ? kExitOk : kExitFailure;
  }
  std::ofstream out(file, std::ios::binary);
  out << text << std::flush;
  if (out) return kExitOk;
  std::cerr << "tidemark: can't write " << file << "\n";
  return kExitFailure;
}

// A file's name as that of a source: "HubSpot webhooks.jsonl" -> "hubspot_webhooks".
std::string SourceName(const std::string& file) {
  std::string name;
  for (const char c : std::filesystem::path(file).stem().string()) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0 && letter < 0x80) {
      name += static_cast<char>(std::tolower(letter));
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (name.ends_with('_')) name.pop_back();
  if (name.empty()) return "source";
  return std::isalpha(static_cast<unsigned char>(name[0])) != 0 ? name.substr(0, 60) : "source_" + name.substr(0, 60);
}

}  // namespace

int GenerateCatalogue(const GenerateOptions& options) {
  Diagnostics diagnostics;
  const std::string page = CataloguePage(ShippedCatalogue(), &diagnostics);
  if (diagnostics.empty()) return Put(page, options.output);
  std::cerr << diagnostics.ToString();
  return kExitInternal;
}

int GenerateRules(const GenerateRulesOptions& options) {
  Specs specs;
  const auto plan = LoadDefinitions(options.config_file, &specs);
  if (plan == nullptr) return kExitConfig;
  const std::vector<RuleGroup> groups = RulesOf(*plan, options.rules);
  return Put(options.tests_of ? RuleTestFile(groups, *options.tests_of) : RuleFile(groups), options.output);
}

int GenerateAlertmanager(const GenerateAlertmanagerOptions& options) {
  if (options.templates) return Put(AlertmanagerTemplates(), options.output);
  if (options.config_file.empty()) {
    std::cerr << "tidemark: --config.file is required, or --templates\nTry: tidemark generate alertmanager --help\n";
    return kExitUsage;
  }
  Specs specs;
  const auto plan = LoadDefinitions(options.config_file, &specs);
  return plan == nullptr ? kExitConfig : Put(AlertmanagerFile(*plan, specs.calendar, options.alertmanager), options.output);
}

int GenerateSource(const GenerateSourceOptions& options) {
  std::vector<std::string> records;
  size_t left_out = 0;
  for (const std::string& file : options.from) {
    const Status read = ForEachSampleOf(file, [&](std::string_view value) {
      if (records.size() < kMostDraftSamples) {
        records.emplace_back(value);
      } else {
        ++left_out;
      }
    });
    if (read.ok()) continue;
    std::cerr << "tidemark: " << read.text() << "\n";
    return kExitUsage;
  }
  const std::string name = options.name.empty() ? SourceName(options.from[0]) : options.name;
  const Result<std::string> draft = DraftSource(name, records);
  if (!draft.ok()) {
    std::cerr << "tidemark: " << draft.status().text() << "\n";
    return kExitData;
  }
  if (left_out > 0) std::cerr << left_out << " records beyond the first " << kMostDraftSamples << " were left out\n";
  return Put(*draft, options.output);
}

int GenerateDashboards(const GenerateDashboardsOptions& options) {
  Specs specs;
  const auto plan = LoadDefinitions(options.config_file, &specs);
  if (plan == nullptr) return kExitConfig;
  std::error_code error;
  std::filesystem::create_directories(options.output, error);  // when it fails, so does writing into it
  for (const Dashboard& dashboard : DashboardsOf(*plan, options.dashboards)) {
    const int code = Put(DashboardJson(dashboard), options.output + "/" + dashboard.uid + ".json");
    if (code != kExitOk) return code;
  }
  return kExitOk;
}

}  // namespace tidemark
