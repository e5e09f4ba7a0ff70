using System.Text.Json.Nodes;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Options.Reading;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Ring;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>init</c>: makes directories, keys and stores, readable by their owner alone; in Production asks for what is
/// needed and not set, and names what is still open. Harmless to repeat.
/// </summary>
internal static class InitVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        SettingArguments.Check(args);
        var builder = Server.Begin(args);
        var (configuration, environment) = (builder.Configuration, builder.Environment);
        if (!environment.IsDevelopment() && !configuration.GetSection(
            $"{KeyRecoveryOptions.Section}:{nameof(KeyRecoveryOptions.Apps)}").GetChildren().Any())
            WriteSettings(configuration, environment);

        var options = OptionsReader.Read(configuration, environment);
        CarefulStart.Refuse(options, environment);
        await MakeAsync(options);
        Console.Out.WriteLine("Keep the audit key on paper: apps may pin it, it verifies receipts, and after the loss "
            + "of everything it tells a backup set of this server from one that somebody else has made.");
        if (environment.IsDevelopment()) return 0;
        foreach (var open in StillOpen(options).Concat(CarefulStart.Warnings(options, configuration, environment)))
            Tell("still open", open);
        return 0;
    }

    // Nothing is written where the answers are not good.
    private static void WriteSettings(ConfigurationManager configuration, IHostEnvironment environment)
    {
        var path = SettingsFile.PathOf(configuration);
        var settings = new InitQuestions(Console.In, Console.Out).Ask();
        configuration.AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(
            new JsonObject { [KeyRecoveryOptions.Section] = settings.DeepClone() }.ToJsonString())));
        _ = OptionsReader.Read(configuration, environment);
        SettingsFile.Write(path, settings);
        Console.Out.WriteLine();
        Tell("settings", path);
    }

    private static async Task MakeAsync(KeyRecoveryOptions options)
    {
        var places = options.Directories;
        places.Create();
        var home = StoreHomes.Of(options, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        await home.NamedAsync(() => home.MigrateAsync());
        await using var stores = await ServerStores.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance);
        Tell("data store", home.PlaceOf(StoreKind.Data));
        Tell("key store", home.PlaceOf(StoreKind.Keys));
        Tell("root key", options.Ring switch
        {
            { RootKeyVault: { } vault } => vault.ToString(),
            { RootKey: not null } => "KeyRecovery:Ring:RootKey",
            _ => Path.Combine(places.Ring, FileRootKey.FileName),
        });
        Tell("KEK ring", options.Ring.KeyVault?.ToString() ?? Path.Combine(places.Ring, FileKekRing.FileName));
        Tell("audit key", stores.Service.Erasures.AuditKey.ToString());
    }

    private static IEnumerable<string> StillOpen(KeyRecoveryOptions options)
    {
        if (options.Authority is null)
            yield return "only this machine reaches it: set KeyRecovery:Authority, and put a proxy with TLS before it";
        if (options.Backup.OfflineKeyFile is null)
            yield return "no backup holds its keys: offline-key, then KeyRecovery:Backup:OfflineKeyFile and "
                + "EscrowDirectory";
        if (options.Operators.Count == 0)
            yield return "nobody may file erasures for others: KeyRecovery:Operators";
    }

    private static void Tell(string what, string path) => Console.Out.WriteLine($"{what,-12}{path}");
}
