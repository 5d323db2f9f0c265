// report: KPIs as people read them.
#include <map>
#include <vector>

#include "daemon/cli/options.h"
#include "daemon/commands.h"

namespace tidemark {
namespace {

struct ReportFlags {
  ReportOptions options;
  std::map<std::string, std::string> asked;
  std::vector<std::string> kpis, subjects;
};

void Fill(CLI::App* app, ReportFlags* f) {
  app->add_option("--at", f->asked["at"], "RFC 3339: as it was shown at that whole hour; 48 are kept, of 35 days the midnights (default: now)")
      ->check(CLI::Validator(&CheckTime, "RFC3339"));
  app->add_option("--format", f->asked["format"], "text, html (for mail) or csv (everything, exactly) (default: text)")
      ->check(CLI::IsMember({"text", "html", "csv"}));
  app->add_option("--output", f->options.output, "a file to write (default: stdout)")->option_text("FILE");
  app->add_option("--kpi", f->kpis, "only these; may be given again")->option_text("NAME");
  app->add_option("--subject", f->subjects, "only this subject of the catalogue, or other; may be given again")->option_text("NAME");
  app->add_option("--window", f->asked["window"], "only this one, or all (default: today or 24h, and those with a target)");
  app->add_option("--series", f->asked["series"], "so many of each, those that moved most (default: 5)");
  CLI::Option* url = AddTarget(app, &f->options.target);
  CLI::Option* config = app->add_option("--config.file", f->options.config_file,
                                        "without --url: the configuration; no daemon may be running");
  AddStoragePath(app, &f->options.storage_path)->needs(config);
  url->excludes(config);
  app->parse_complete_callback([url, config] {
    if (url->count() + config->count() == 0) throw CLI::RequiredError("--url or --config.file");
  });
}

int Do(ReportFlags& f) {
  for (const auto& [name, value] : f.asked) {
    if (!value.empty()) f.options.query.emplace_back(name, value);
  }
  for (const std::string& kpi : f.kpis) f.options.query.emplace_back("kpi", kpi);
  for (const std::string& subject : f.subjects) f.options.query.emplace_back("subject", subject);
  return ReportCommand(f.options);
}

}  // namespace

void AddReport(CLI::App* root, Chosen* chosen) {
  AddCommand<ReportFlags>(root, chosen, "report", "A summary of a shift or day for people: KPIs, change, targets, breaches.", &Fill, &Do);
}

}  // namespace tidemark
