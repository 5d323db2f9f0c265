// state: what is done with a state directory that no daemon uses, or beside one.
#include "daemon/cli/options.h"
#include "daemon/backup_service.h"
#include "daemon/commands.h"

namespace tidemark {
namespace {

constexpr const char* kEraseFooter = R"(
The rows of the ids go, with all that is in them, from the files on disk, too. Totals stay; a deal that is open leaves what
is open, since nothing could close it any more. A later event of the same id begins anew, as of one never seen.
Out of reach: Kafka's log (a replay or back-fill brings it back), backups and copies, label values, alerts that were sent.)";

constexpr const char* kBackupFooter = R"(
A backup is a state directory of its own with a file backup.json. Tables are linked, not copied, on the same file system, and
unchanged ones from backup to backup. With --url the daemon makes it in <storage.path>/backups, for which its configuration has
web.enable_lifecycle: true; copying it elsewhere needs its volume here, too: read only is enough.)";

void FillInspect(CLI::App* app, StateOptions* o) {
  app->add_option("--storage.path", o->storage_path, "state directory")->required()->type_name("DIR");
  app->add_option("--config.file", o->config_file, "also show its KPIs as they were restored")->type_name("FILE");
}

void FillVerify(CLI::App* app, StateOptions* o) {
  app->add_option("--storage.path", o->storage_path, "state directory")->required()->type_name("DIR");
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

void FillBackup(CLI::App* app, BackupOptions* o) {
  CLI::Option* url = AddTarget(app, &o->target);
  CLI::Option* path = app->add_option("--storage.path", o->storage_path, "state directory; beside --url: where the daemon's volume is here");
  app->add_option("--output", o->output, "a directory of backups to copy it to (default: it stays in <storage.path>/backups)")
      ->option_text("DIR")
      ->needs(path);
  app->add_option("--keep", o->keep, "so many backups stay, the newest ones")
      ->check(CLI::Range(size_t{1}, kMostBackups))
      ->capture_default_str();
  app->footer(kBackupFooter);
  app->parse_complete_callback([url, path] {
    if (url->count() + path->count() == 0) throw CLI::RequiredError("--url or --storage.path");
  });
}

void FillRestore(CLI::App* app, RestoreOptions* o) {
  app->add_option("--from", o->from, "a backup, or a directory of them: then the newest")->required()->option_text("DIR");
  app->add_option("--storage.path", o->storage_path, "state directory, empty")->required();
}

}  // namespace

void AddState(CLI::App* root, Chosen* chosen) {
  CLI::App* app = root->add_subcommand("state", "Look at a state directory, or take ids out of it.");
  app->require_subcommand(1);
  AddCommand<StateOptions>(app, chosen, "inspect", "Say what is in it; also while a daemon uses it.", &FillInspect,
                           [](StateOptions& o) { return StateInspect(o); });
  AddCommand<StateOptions>(app, chosen, "verify", "Read all of it, restore from it, and say whether it holds together.",
                           &FillVerify, [](StateOptions& o) { return StateVerify(o); });
  AddCommand<BackupOptions>(app, chosen, "backup", "Copy it as of a commit; also while a daemon uses it, with --url.", &FillBackup,
                            [](BackupOptions& o) { return StateBackup(o); });
  AddCommand<RestoreOptions>(app, chosen, "restore", "Make a backup the state in an empty directory, once all of it is checked.",
                             &FillRestore, [](RestoreOptions& o) { return StateRestore(o); });
  AddCommand<EraseOptions>(app, chosen, "erase", "Forget what is known of ids; what was counted stays. No daemon may be running.",
                           &FillErase, [](EraseOptions& o) { return StateErase(o); });
}

}  // namespace tidemark
