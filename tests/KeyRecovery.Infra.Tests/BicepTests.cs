using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Documents;

namespace KeyRecovery.Infra.Tests;

/// <summary>The templates for Azure: that they compile, and say what a server asks of its accounts.</summary>
public class BicepTests
{
    // Compiled once for all that look into it.
    private static readonly Lazy<Task<JsonElement>> Compiled = new(BuildAsync);

    /// <summary>The whole, compiled.</summary>
    internal static Task<JsonElement> TemplateAsync() => Compiled.Value;

    /// <summary>One of its modules, compiled.</summary>
    /// <param name="name">As its deployment is named, behind the common beginning.</param>
    internal static async Task<JsonElement> ModuleAsync(string name) => Resources(await TemplateAsync())
        .Single(resource => resource.GetProperty("name").GetString()!.StartsWith(
            $"[format('{{0}}-{name}'", StringComparison.Ordinal)
            && resource.GetProperty("type").GetString() == "Microsoft.Resources/deployments")
        .GetProperty("properties").GetProperty("template");

    [Fact]
    public async Task The_templates_compile_and_the_linter_has_nothing_to_say()
    {
        var (exit, told) = await Infra.RunAsync(Infra.Bicep, "lint", Path.Combine(Infra.Folder, "main.bicep"));
        Assert.Equal((0, ""), (exit, told.Trim()));

        // One that it would find fault with.
        var folder = Directory.CreateTempSubdirectory("keyrecovery-bicep-");
        try
        {
            var file = Path.Combine(folder.FullName, "unused.bicep");
            await File.WriteAllTextAsync(file, "param nobody string\n");
            var (_, complaint) = await Infra.RunAsync(Infra.Bicep, "lint", file);
            Assert.Contains("nobody", complaint, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Both_accounts_are_Strong_with_one_write_region_and_have_the_containers_that_a_server_wants()
    {
        var stores = Modules(await TemplateAsync())
            .Where(module => module.Parameters.TryGetProperty("containers", out _)).ToList();
        Assert.Equal(2, stores.Count);
        foreach (var (name, parameters, resources) in stores)
        {
            var kind = name.EndsWith("-data", StringComparison.Ordinal) ? StoreKind.Data : StoreKind.Keys;
            var wanted = TableRegistry.Default.Of(kind).Select(table => Place.Of(table).Container)
                .Append(Place.Server).Distinct().Order(StringComparer.Ordinal);
            Assert.Equal(
                wanted,
                parameters.GetProperty("containers").GetProperty("value").EnumerateArray()
                    .Select(container => container.GetString()).Order(StringComparer.Ordinal));
            var account = resources.Single(
                resource => resource.GetProperty("type").GetString() == "Microsoft.DocumentDB/databaseAccounts")
                .GetProperty("properties");
            Assert.Equal(
                "Strong", account.GetProperty("consistencyPolicy").GetProperty("defaultConsistencyLevel").GetString());
            Assert.False(account.GetProperty("enableMultipleWriteLocations").GetBoolean());
            Assert.Equal(1, account.GetProperty("locations").GetArrayLength());
        }
    }

    [Fact]
    public async Task Whose_word_of_addresses_is_taken_and_what_sets_are_sealed_to_cannot_be_left_out()
    {
        // Without a proxy's name all callers of the whole service share one caller's rate.
        var parameters = (await TemplateAsync()).GetProperty("parameters");
        foreach (var (name, least) in (ReadOnlySpan<(string, int)>)[("proxies", 1), ("offlineKey", 40)])
        {
            var parameter = parameters.GetProperty(name);
            Assert.False(parameter.TryGetProperty("defaultValue", out _));
            Assert.Equal(least, parameter.GetProperty("minLength").GetInt32());
        }

        Assert.True(parameters.GetProperty("rootKeyVersion").TryGetProperty("defaultValue", out _));
        Assert.All(
            parameters.EnumerateObject(), one => Assert.True(one.Value.TryGetProperty("metadata", out _), one.Name));
    }

    [Fact]
    public async Task Whatever_runs_writes_to_volumes_alone_and_has_all_that_its_settings_name()
    {
        var template = await ModuleAsync("server");
        var variables = template.GetProperty("variables");
        Assert.Contains(
            "'KeyRecovery__DataDirectory', 'value', '/data'", variables.GetProperty("environmentVariables").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(
            ["/data", "/etc/keyrecovery", "/escrow"],
            variables.GetProperty("mounts").EnumerateArray()
                .Select(mount => mount.GetProperty("mountPath").GetString()));
        Assert.Equal(
            variables.GetProperty("volumes").EnumerateArray().Select(volume => volume.GetProperty("name").GetString()),
            variables.GetProperty("mounts").EnumerateArray()
                .Select(mount => mount.GetProperty("volumeName").GetString()));
        var main = await File.ReadAllTextAsync(Path.Combine(Infra.Folder, "main.bicep"));
        foreach (var setting in (string[])[
            "OfflineKeyFile', value: '/etc/keyrecovery/offline.pub'", "EscrowDirectory', value: '/escrow'",
        ])
            Assert.Contains(setting, main, StringComparison.Ordinal);
        var jobs = Resources(template)
            .Where(one => one.GetProperty("type").GetString() == "Microsoft.App/jobs")
            .Select(one => one.GetProperty("properties")).ToList();
        Assert.Equal(["Manual", "Schedule"], jobs.Select(TriggerOf).Order(StringComparer.Ordinal));
        var backup = jobs.Single(job => TriggerOf(job) == "Schedule").GetProperty("configuration");
        Assert.Matches(
            "^[0-9]{1,2} [*] [*] [*] [*]$",
            backup.GetProperty("scheduleTriggerConfig").GetProperty("cronExpression").GetString());
        Assert.InRange(backup.GetProperty("replicaTimeout").GetInt32(), 600, 3_600);

        static string? TriggerOf(JsonElement job) =>
            job.GetProperty("configuration").GetProperty("triggerType").GetString();
    }

    private static async Task<JsonElement> BuildAsync()
    {
        var (exit, told) = await Infra.RunAsync(
            Infra.Bicep, "build", Path.Combine(Infra.Folder, "main.bicep"), "--stdout");
        Assert.True(exit == 0, told);
        using var template = JsonDocument.Parse(told);
        return template.RootElement.Clone();
    }

    private static IEnumerable<(string Name, JsonElement Parameters, IReadOnlyList<JsonElement> Resources)> Modules(
        JsonElement template) =>
        Resources(template).Where(r => r.GetProperty("type").GetString() == "Microsoft.Resources/deployments")
            .Select(r => (
                // format('{0}-data', parameters('name'))
                r.GetProperty("name").GetString()!.Split('\'')[1],
                r.GetProperty("properties").GetProperty("parameters"),
                Resources(r.GetProperty("properties").GetProperty("template"))));

    // By name or in a row, as the language's version has them.
    internal static IReadOnlyList<JsonElement> Resources(JsonElement template) =>
        template.GetProperty("resources") is { ValueKind: JsonValueKind.Object } named
            ? [.. named.EnumerateObject().Select(resource => resource.Value)]
            : [.. template.GetProperty("resources").EnumerateArray()];
}
