using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Service.Export;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Client.Tests.Exports;

/// <summary>
/// A person's export (docs/protocol.md §22) against the stores as SQLite has them, read by nothing of the service: of a
/// server with this one account, so that each row of an owner is its.
/// </summary>
public sealed class ExportTests
{
    private const string Markup = "<script>alert(1)</script>";
    private const string Bidi = "tax \u202egpj.exe\u2066";

    [Fact]
    public async Task An_export_is_what_an_inspection_of_the_stores_finds()
    {
        if (Testing.Stores.Cosmos.SharedCosmos.IsWanted) return;
        using var folder = new TempFolder();
        JsonElement export;
        await using (var server = await ServerProcess.StartAsync(folder["data"], 0))
        {
            using var phone = new TestDevice(server.Address);
            using var code = RecoveryCode.Generate(SystemRandom.Instance);
            var token = await server.TokenAsync("somebody");
            using var vault = await phone.CreateAsync(
                token, code, "phone", new ItemEdit.Put("kept", "one"u8.ToArray()),
                new ItemEdit.Put("gone", "soon"u8.ToArray()));
            using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
            TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, new SetPassphraseOptions { Token = token }));
            using var laptop = new TestDevice(server.Address);
            using (await laptop.RecoverAsync(code, name: "laptop")) { }
            // So many that activity and trail stand in chunks as well.
            TestDevice.Value(await vault.RefreshAsync());
            for (var i = 0; i < 40; i++)
                TestDevice.Value(await vault.PutAsync("kept", Encoding.UTF8.GetBytes($"version {i}")));
            TestDevice.Value(await vault.RemoveAsync("gone"));
            TestDevice.Value(await vault.RequestErasureAsync());
            TestDevice.Value(await vault.CancelErasureAsync());

            (export, _) = await ExportAsync(vault);
        }

        var service = export.GetProperty("service");
        var told = service.GetProperty("stored").EnumerateArray()
            .ToDictionary(t => t.GetProperty("table").GetString()!, t => t.GetProperty("rows").GetInt64());
        var (covered, empty) = (0, new List<string>());
        foreach (var table in TableRegistry.Default.All)
        {
            if (ExportScope.ReasonAgainst(table) is not null) continue;
            var section = ExportScope.SectionOf(table);
            Assert.True(section is not null, $"say in ExportScope what an export tells of {table}");
            Assert.Contains(service.EnumerateObject(), member => member.Name == section);
            Assert.Equal(Count(folder["data"], table), told[table.Name]);
            covered++;
            if (told[table.Name] == 0) empty.Add(table.Name);
        }

        // Nothing was compared with nothing, but in the tables that only younger devices fill.
        Assert.True(covered >= 15);
        Assert.DoesNotContain(
            empty, name => name is not ("seals" or "realm_accounts" or "realm_slots" or "realm_subjects"));
        Assert.Equal(Count(folder["data"], Table.Items), Elements(service, "items")
            .Select(item => item.GetProperty("hash").GetString()).Distinct().Count());
        Assert.Equal(Count(folder["data"], Table.Keysets), Elements(service, "keysets").Count());
        Assert.Equal(Count(folder["data"], Table.Manifests), Elements(service, "manifests").Count());
        var account = service.GetProperty("account");
        Assert.Equal("somebody", account.GetProperty("subject").GetString());
        Assert.Equal("live", account.GetProperty("state").GetString());
        var chain = account.GetProperty("chainSequence").GetUInt64();
        Assert.Equal(
            Enumerable.Range(0, (int)chain + 1).Select(n => (ulong)n),
            Elements(service, "links").Select(link => link.GetProperty("number").GetUInt64()));
        var activity = Elements(service, "activity").ToList();
        Assert.Equal(
            Enumerable.Range(0, activity.Count).Select(n => (ulong)n),
            activity.Select(entry => entry.GetProperty("number").GetUInt64()));
        Assert.Equal("exported", activity[^1].GetProperty("event").GetString());
        Assert.Contains(activity, entry => entry.GetProperty("network").GetString() == "127.0.0.0/24");
        Assert.Equal("cancelled", Elements(service, "erasures").Single().GetProperty("state").GetString());
        Assert.Equal(
            account.GetProperty("manifestVersion").GetUInt64(),
            Elements(service, "trail").Last().GetProperty("version").GetUInt64());
    }

    [Fact]
    public void A_table_that_nobody_thought_of_is_found()
    {
        var forgotten = TableRegistry.Default.All.Where(table => ExportScope.SectionOf(table) is null
            && ExportScope.ReasonAgainst(table) is null).Select(table => table.Name);
        Assert.Empty(forgotten);
    }

    [Fact]
    public async Task Names_and_contents_come_back_as_they_were_and_the_file_has_no_markup_and_no_key()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"], 0);
        using var phone = new TestDevice(server.Address);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var vault = await phone.CreateAsync(
            await server.TokenAsync(Markup + Bidi), code, "phone", new ItemEdit.Put(Markup, "first"u8.ToArray()));
        TestDevice.Value(await vault.PutAsync(Markup, "second"u8.ToArray()));
        TestDevice.Value(await vault.PutAsync("large", new byte[200_000]));
        TestDevice.Value(await vault.PutAsync("removed", "was here"u8.ToArray()));
        TestDevice.Value(await vault.RemoveAsync("removed"));

        var (export, text) = await ExportAsync(vault);

        var items = export.GetProperty("items").EnumerateArray()
            .Where(item => item.TryGetProperty("content", out _)).Select(item => (
            Name: item.GetProperty("name").GetString(), Current: item.GetProperty("isCurrent").GetBoolean(),
            Content: item.GetProperty("content").GetBytesFromBase64())).ToList();
        Assert.Equal("second"u8.ToArray(), items.Single(i => i.Name == Markup && i.Current).Content);
        Assert.Equal("first"u8.ToArray(), items.Single(i => i.Name == Markup && !i.Current).Content);
        Assert.Equal("was here"u8.ToArray(), items.Single(i => i.Name == "removed").Content);
        Assert.Equal(200_000, items.Single(i => i.Name == "large").Content.Length);
        Assert.Equal(
            Markup + Bidi, export.GetProperty("service").GetProperty("account").GetProperty("subject").GetString());
        Assert.DoesNotContain('<', text);
        Assert.DoesNotContain(text, c => c > '~');
        // What opens the account is in none of its fields: seals and the code stay where they are.
        Assert.DoesNotContain("seal\"", text, StringComparison.OrdinalIgnoreCase);
        var spoken = code.ToDisplayString().Replace(" ", "", StringComparison.Ordinal);
        Assert.DoesNotContain(spoken, text, StringComparison.Ordinal);
        Assert.NotEmpty(export.GetProperty("service").GetProperty("notIncluded").EnumerateArray());
    }

    private static async Task<(JsonElement Document, string Text)> ExportAsync(VaultSession vault)
    {
        using var file = new MemoryStream();
        var written = TestDevice.Value(await vault.ExportAsync(file));
        Assert.Empty(written.NotOpened);
        var document = JsonDocument.Parse(file.ToArray()).RootElement;
        Assert.True(document.GetProperty("complete").GetBoolean());
        var opened = document.GetProperty("items").EnumerateArray()
            .Where(item => item.TryGetProperty("content", out _)).ToList();
        Assert.Equal(written.Items + written.Versions, opened.Count);
        // Those that hold the account's own keys are named, and stay closed.
        Assert.DoesNotContain(
            opened, item => item.GetProperty("name").GetString()!.StartsWith('~'));
        return (document, Encoding.UTF8.GetString(file.ToArray()));
    }

    private static IEnumerable<JsonElement> Elements(JsonElement service, string section) =>
        service.GetProperty(section).EnumerateArray();

    private static long Count(string data, Table table)
    {
        var file = table.Store == StoreKind.Data
            ? Path.Combine(data, "stores", "data.db") : Path.Combine(data, "keys", "keys.db");
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The name is a constant of the registry.
        command.CommandText = $"SELECT count(*) FROM {table.Name}";
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }
}
