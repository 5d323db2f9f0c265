// replay, import, explain: what is computed from events or a state, once.
#include <map>
#include <vector>

#include "daemon/cli/options.h"
#include "daemon/commands.h"

namespace tidemark {
namespace {

struct ReplayFlags {
  ReplayOptions options;
  std::vector<std::string> at;
  std::string output = "table";
};

void FillReplay(CLI::App* app, ReplayFlags* f) {
  AddConfigFile(app, &f->options.config_file);
  app->add_option("--input", f->options.input, "a .jsonl or .pb file, or a directory of them")->required()->type_name("FILE");
  app->add_option("--at", f->at, "event time at which to print, RFC 3339; may be given again (default: the end)")
      ->check(CLI::Validator(&CheckTime, "RFC3339"));
  app->add_option("--output", f->output, "table, json or prometheus")
      ->check(CLI::IsMember({"table", "json", "prometheus"}))
      ->capture_default_str();
}

int DoReplay(ReplayFlags& f) {
  for (const std::string& text : f.at) f.options.at.push_back(*ParseRfc3339(text));
  f.options.output = f.output == "json"         ? ReplayOutput::kJson
                     : f.output == "prometheus" ? ReplayOutput::kPrometheus
                                                : ReplayOutput::kTable;
  return Replay(f.options);
}

struct MapFlags {
  MapOptions options;
  std::string timestamp;
  std::vector<std::string> headers;
};

void FillMap(CLI::App* app, MapFlags* f) {
  AddConfigFile(app, &f->options.config_file);
  app->add_option("--source", f->options.source, "one of the configuration's `sources`")->required()->type_name("NAME");
  app->add_option("--input", f->options.input, "values of records, one a line; a .json file is one record; of formats without lines each behind its length in 4 bytes, as kcat -f %R%s writes; -: standard input")->required()->type_name("FILE");
  app->add_option("--timestamp", f->timestamp, "RFC 3339: the records' Kafka timestamp (default: they have none)")->check(CLI::Validator(&CheckTime, "RFC3339"));
  app->add_option("--header", f->headers, "a header of each record; may be given again")
      ->option_text("NAME=VALUE")
      ->check([](const std::string& text) { return text.find('=') == std::string::npos ? "NAME=VALUE is wanted, like ce_type=order.paid" : ""; });
}

int DoMap(MapFlags& f) {
  for (const std::string& header : f.headers) f.options.headers.emplace_back(header.substr(0, header.find('=')), header.substr(header.find('=') + 1));
  if (!f.timestamp.empty()) f.options.kafka_time = WallTimeFromMicros(Micros(*ParseRfc3339(f.timestamp)));
  return MapRecords(f.options);
}

struct ImportFlags {
  ImportOptions options;
  std::string storage, until;
};

void FillImport(CLI::App* app, ImportFlags* f) {
  AddConfigFile(app, &f->options.config_file);
  AddStoragePath(app, &f->storage);
  app->add_option("--input", f->options.inputs, "a .jsonl or .pb file, or a directory of them; may be given again")->required()->type_name("FILE");
  app->add_option("--until", f->until,
                  "RFC 3339: before it only the import counts, from it on only Kafka (default: just after the last event)")
      ->check(CLI::Validator(&CheckTime, "RFC3339"));
  app->add_flag("--dry-run", f->options.dry_run, "say what would be imported; write nothing");
}

int DoImport(ImportFlags& f) {
  if (!f.storage.empty()) f.options.storage_path = f.storage;
  if (!f.until.empty()) f.options.until = *ParseRfc3339(f.until);
  return Import(f.options);
}

struct ExplainFlags {
  ExplainOptions options;
  std::map<std::string, std::string> asked;
  std::vector<std::string> labels;
  bool ids = false;
};

void FillExplain(CLI::App* app, ExplainFlags* f) {
  constexpr std::pair<const char*, const char*> kAsked[] = {
      {"window", "one of the KPI's windows (default: its first)"},
      {"from", "RFC 3339; the last whole hour not after it that is known (default: 24 hours before)"},
      {"to", "RFC 3339; a whole hour (default: now)"},
      {"by", "groups by this label (default: by each)"},
      {"limit", "length of each list, at most 10000 (default: 100)"},
      {"format", "table or json (default: table)"}};
  app->add_option("kpi", f->asked["kpi"], "its name")->required();
  for (const auto& [name, what] : kAsked) app->add_option(std::string("--") + name, f->asked[name], what);
  app->get_option("--format")->type_name("{table,json}");
  app->add_option("--label", f->labels, "only series with this value; may be given again")->option_text("NAME=VALUE");
  app->add_flag("--ids", f->ids, "also the ids that count, which may be personal data");
  CLI::Option* url = AddTarget(app, &f->options.target);
  CLI::Option* config = app->add_option("--config.file", f->options.config_file,
                                        "without --url: the configuration; no daemon may be running")->type_name("FILE");
  AddStoragePath(app, &f->options.storage_path)->needs(config);
  url->excludes(config);
  app->parse_complete_callback([url, config] {
    if (url->count() + config->count() == 0) throw CLI::RequiredError("--url or --config.file");
  });
}

int DoExplain(ExplainFlags& f) {
  if (f.asked["format"].empty()) f.asked["format"] = "table";
  for (const auto& [name, value] : f.asked) {
    if (!value.empty()) f.options.query.emplace_back(name, value);
  }
  for (const std::string& label : f.labels) f.options.query.emplace_back("label", label);
  if (f.ids) f.options.query.emplace_back("ids", "true");
  return ExplainCommand(f.options);
}

}  // namespace

void AddReplay(CLI::App* root, Chosen* chosen) {
  AddCommand<ReplayFlags>(root, chosen, "replay", "Run the same engine over files of events and print every KPI's value.",
                          &FillReplay, &DoReplay);
}

void AddMap(CLI::App* root, Chosen* chosen) {
  AddCommand<MapFlags>(root, chosen, "map", "Show what becomes of a source's records: events, or why none.", &FillMap, &DoMap);
}

void AddImport(CLI::App* root, Chosen* chosen) {
  AddCommand<ImportFlags>(root, chosen, "import",
                          "Count history from files into an empty state, before the first record of Kafka.", &FillImport,
                          &DoImport);
}

void AddExplain(CLI::App* root, Chosen* chosen) {
  AddCommand<ExplainFlags>(root, chosen, "explain",
                           "What moved a KPI: entered, left, corrected, by label; and which ids are behind it.", &FillExplain,
                           &DoExplain);
}

}  // namespace tidemark
