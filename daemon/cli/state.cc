// state: what is done with a state directory that no daemon uses, or beside one.
#include "daemon/cli/options.h"
#include "daemon/commands.h"

namespace tidemark {
namespace {

constexpr const char* kEraseFooter = R"(
The rows of the ids go, with all that is in them, from the files on disk, too. Totals stay; a deal that is open leaves what
is open, since nothing could close it any more. A later event of the same id begins anew, as of one never seen.
Out of reach: Kafka's log (a replay or back-fill brings it back), backups and copies, label values, alerts that were sent.)";

void FillInspect(CLI::App* app, StateOptions* o) {
  app->add_option("--storage.path", o->storage_path, "state directory")->required();
  app->add_option("--config.file", o->config_file, "also show its KPIs as they were restored");
}

void FillVerify(CLI::App* app, StateOptions* o) {
  app->add_option("--storage.path", o->storage_path, "state directory")->required();
  AddConfigFile(app, &o->config_file);
}

void FillErase(CLI::App* app, EraseOptions* o) {
  AddConfigFile(app, &o->config_file);
  AddStoragePath(app, &o->storage_path);
  CLI::Option* id = app->add_option("--id", o->ids, "of a customer, lead, deal; may be given again");
  CLI::Option* file = app->add_option("--ids-file", o->ids_file, "a file with an id on each line")->option_text("FILE");
  app->add_option("--kind", o->kind, "only where a KPI has its ids in this field, like order.customer (default: everywhere)");
  app->footer(kEraseFooter);
  app->parse_complete_callback([id, file] {
    if (id->count() + file->count() == 0) throw CLI::RequiredError("--id or --ids-file");
  });
}

}  // namespace

void AddState(CLI::App* root, Chosen* chosen) {
  CLI::App* app = root->add_subcommand("state", "Look at a state directory, or take ids out of it.");
  app->require_subcommand(1);
  AddCommand<StateOptions>(app, chosen, "inspect", "Say what is in it; also while a daemon uses it.", &FillInspect,
                           [](StateOptions& o) { return StateInspect(o); });
  AddCommand<StateOptions>(app, chosen, "verify", "Read all of it, restore from it, and say whether it holds together.",
                           &FillVerify, [](StateOptions& o) { return StateVerify(o); });
  AddCommand<EraseOptions>(app, chosen, "erase", "Forget what is known of ids; what was counted stays. No daemon may be running.",
                           &FillErase, [](EraseOptions& o) { return StateErase(o); });
}

}  // namespace tidemark
