using KeyRecovery.EndToEnd.Tests.Inspection;
using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// What a thief of a backup set, or of its escrow, finds in it: no plaintext, and no row of the key store.
/// </summary>
public sealed class SetContentTests
{
    private const int Accounts = 5;

    [Fact]
    public async Task No_secret_of_a_user_and_no_row_of_the_key_store_is_in_a_set_nor_in_its_escrow()
    {
        using var site = await Site.MakeAsync();
        var accounts = Enumerable.Range(0, Accounts).Select(_ => new InspectedAccount()).ToList();
        string set;
        await using (var server = await site.StartAsync())
        {
            for (var i = 0; i < Accounts; i++) await accounts[i].LiveAsync(server, i);
            // What waits for the log names its account's key row, whose id is a keyed hash: the log takes it at once.
            while (Waiting(site) > 0) await Task.Delay(50);
            set = await site.BackupAsync();
            await server.StopAsync();
        }

        var secrets = new CanaryScanner(accounts.SelectMany(a => a.Secrets)
            .Concat(accounts.Select((a, i) => Canary.Of($"subject {i}", a.Subject))));
        var rows = new CanaryScanner(KeyRows(site));
        string[] files = [.. Directory.GetFiles(set), site.EscrowOf(set)];
        Assert.Equal(5, files.Length);
        foreach (var file in files)
        {
            Assert.Empty(secrets.ScanFile(file));
            Assert.Empty(rows.ScanFile(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        // The control: where they do lie, they are found.
        Assert.NotEmpty(rows.ScanFile(Path.Combine(site.Data, "keys", "keys.db")));
        foreach (var account in accounts) account.Dispose();
    }

    private static long Waiting(Site site)
    {
        using var store = Open(site, "stores", "data.db");
        using var read = store.CreateCommand();
        read.CommandText = "SELECT count(*) FROM outbox";
        return (long)read.ExecuteScalar()!;
    }

    private static SqliteConnection Open(Site site, string folder, string file)
    {
        var store = new SqliteConnection(
            $"Data Source={Path.Combine(site.Data, folder, file)};Mode=ReadOnly;Pooling=False");
        store.Open();
        return store;
    }

    private static List<Canary> KeyRows(Site site)
    {
        var rows = new List<Canary>();
        using var store = Open(site, "keys", "keys.db");
        foreach (var table in new[] { "key_rows", "subjects", "slots", "secrets" })
        {
            using var read = store.CreateCommand();
#pragma warning disable CA2100 // The names stand above.
            read.CommandText = $"SELECT id, value FROM {table}";
#pragma warning restore CA2100
            using var reader = read.ExecuteReader();
            while (reader.Read())
            {
                // Ids and the wrapped parts are random; what is around them in a row is not.
                if (table != "secrets") rows.Add(new Canary($"id in {table}", (byte[])reader[0]));
                var value = (byte[])reader[1];
                rows.Add(new Canary($"value in {table}", value[^48..]));
            }
        }

        Assert.True(rows.Count > 3 * Accounts);
        return rows;
    }
}
