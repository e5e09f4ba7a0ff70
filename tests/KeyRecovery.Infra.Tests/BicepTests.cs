using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Documents;

namespace KeyRecovery.Infra.Tests;

/// <summary>The templates for Azure: that they compile, and say what a server asks of its accounts.</summary>
public class BicepTests
{
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
        var (exit, told) = await Infra.RunAsync(
            Infra.Bicep, "build", Path.Combine(Infra.Folder, "main.bicep"), "--stdout");
        Assert.Equal(0, exit);
        using var template = JsonDocument.Parse(told);
        var stores = Modules(template.RootElement)
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

    private static IEnumerable<(string Name, JsonElement Parameters, IReadOnlyList<JsonElement> Resources)> Modules(
        JsonElement template) =>
        Resources(template).Where(r => r.GetProperty("type").GetString() == "Microsoft.Resources/deployments")
            .Select(r => (
                // format('{0}-data', parameters('name'))
                r.GetProperty("name").GetString()!.Split('\'')[1],
                r.GetProperty("properties").GetProperty("parameters"),
                Resources(r.GetProperty("properties").GetProperty("template"))));

    // By name or in a row, as the language's version has them.
    private static IReadOnlyList<JsonElement> Resources(JsonElement template) =>
        template.GetProperty("resources") is { ValueKind: JsonValueKind.Object } named
            ? [.. named.EnumerateObject().Select(resource => resource.Value)]
            : [.. template.GetProperty("resources").EnumerateArray()];
}
