using System.Reflection;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Control;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Verbs;

/// <summary>The host's verbs. Exit codes: 0 done, 1 refused or failed with a message, 2 usage.</summary>
internal static class VerbTable
{
    private const string Usage = """
        KeyRecovery.Api [VERB] [--urls URL] [--KeyRecovery:KEY VALUE]…

          serve   run the server (the default), at http://127.0.0.1:5080 unless --urls says otherwise
          init    make directories, keys and stores, and say where they are
          migrate make databases and containers that are missing, and bring older stores to this version's schema
                  --finish                send older versions away and wait for them: no way back
                  --stopped               no instance runs: all at once
                  --from sqlite --to cosmos  move everything to the accounts that the settings name, with the server
                                          stopped; what was cut short goes on with the same line. With these:
                  --dry-run               count and reckon, and change nothing
                  --units N               the request units a second to reckon with (1000)
                  --at-once N             requests under way, 1 to 256 (32)
                  --give-up               serve from the files again, as long as nobody has from the accounts
                  --json                  one JSON object
          check   verify both stores, every chain and every item, and say what is wrong
                  --json                  one JSON object
                  --sweep                 first remove what broken-off requests left,
                  --older-than-minutes N  at least so old (24 h unless Orphans:AfterHours says otherwise)
                  --sweep-anyway          also where the data of many accounts go
                  --inactive-anyway       also where many accounts that nobody uses are erased
          reload  read apps and operators anew; the running server does it, without a restart
                  --json                  one JSON object
          rotate  replace the key that wraps all subject keys, and destroy the old one; the running server does it
                  --json                  one JSON object
                  --root                  replace the root key instead
          backup  write a backup set; the running server does it
                  --to DIR                where sets are kept: a folder is added to it
                  --data-only             without the keys
                  --keys-only             without the data
                  --expires-days N        when the keys in it open for nobody any more
                                          (30 unless Backup:ExpiresAfterDays says otherwise)
                  --delete-expired        delete this server's sets of the keys alone there that have expired
                  --json                  one JSON object
          restore put a backup set in the place of what was lost, with the server stopped
                  --from SET              its folder
                  --part data|keys|all    what was lost (data unless said otherwise)
                  --as-of TIME            accounts: the platform has brought the data back to then (UTC,
                                          2026-06-01T08:00:00Z); a set is of the keys alone
                  --escrow FILE           the set's escrow, and
                  --offline-key FILE      the private half of the offline key, - for standard input:
                                          for keys whose ring is lost too
                  --replace               move aside what lies there
                  --old-tombstones        the newest list of tombstones is lost: take the set's own
                  --sweep-anyway          remove data without keys, however many
                  --rehearse              read the set as a restore would, anywhere, and write nothing
                  --json                  one JSON object
          offline-key  draw the key that backup sets are sealed to, on a machine that is no server
                  --private FILE --public FILE
          health  ask a running server whether it serves: exit code 0 where it does
                  --url URL               where it listens (http://127.0.0.1:5080 unless told)
          --version
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        CoreDumps.Refuse();
        var named = args is [var first, ..] && !first.StartsWith('-');
        var verb = named ? args[0] : "serve";
        var rest = named ? args[1..] : args;
        if (rest.Any(argument => argument is "--help" or "-h")) verb = "help";
        if (args is ["--version"]) verb = "version";
        try
        {
            switch (verb)
            {
                case "serve":
                    return await ServeVerb.RunAsync(rest);
                case "init":
                    return await InitVerb.RunAsync(rest);
                case "migrate":
                    return await MigrateVerb.RunAsync(rest);
                case "check":
                    return await CheckVerb.RunAsync(rest);
                case RotateControl.VerbName:
                    return await RotateVerb.RunAsync(rest);
                case ReloadControl.VerbName:
                    return await ReloadVerb.RunAsync(rest);
                case BackupControl.VerbName:
                    return await BackupVerb.RunAsync(rest);
                case "restore":
                    return await RestoreVerb.RunAsync(rest);
                case "offline-key":
                    return OfflineKeyVerb.Run(rest);
                case "health":
                    return await HealthVerb.RunAsync(rest);
                case "version":
                    Console.Out.WriteLine(typeof(VerbTable).Assembly
                        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);
                    return 0;
                case "help":
                    Console.Out.WriteLine(Usage);
                    return 0;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (OptionsValidationException invalid)
        {
            foreach (var failure in invalid.Failures) Console.Error.WriteLine(failure);
            return 1;
        }
        catch (UsageException usage)
        {
            Console.Error.WriteLine(usage.Message);
            return 2;
        }
        catch (Exception failure) when (IsTold(failure))
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
#pragma warning disable CA1031 // Whatever it is, it ends in a sentence and not in a crash, which tells nobody's log.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine(failure.StackTrace);
            Console.Error.WriteLine($"{verb} failed, which is a fault of the program: {failure.GetType().Name}: "
                + failure.Message);
            return 1;
        }
    }

    /// <summary>Whether a failure is no fault of the program: its message is what an operator is told.</summary>
    public static bool IsTold(Exception failure) => failure is IOException or UnauthorizedAccessException
        or StoreOpenException or KekRingException or RootKeyMismatchException or StoreUnavailableException
        or LogMismatchException;
}
