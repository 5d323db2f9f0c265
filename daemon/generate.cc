// `generate`: what follows from the definitions, as files for others.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "config/catalogue_page.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"

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
