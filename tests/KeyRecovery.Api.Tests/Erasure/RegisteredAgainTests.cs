using System.Net;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Api.Tests.Erasure;

/// <summary>
/// Whoever was erased and comes again is somebody new, also where the old rows are put back under the server.
/// </summary>
public sealed class RegisteredAgainTests
{
    private const string Person = "anna";
    private static readonly string[] Tables =
        ["accounts", "links", "keysets", "manifests", "items", "trails", "history"];

    // Puts an older file in the place of the store's.
    [Trait("Store", "Files")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_person_has_a_new_account_and_the_old_ciphertext_opens_for_nobody(bool isErased)
    {
        using var directory = new TempDirectory();
        var copy = Path.Combine(directory.Path, "before.db");
        TestAccount old;
        OpenVault oldVault;
        byte[] oldItem;
        await using (var host = await TestHost.StartAsync(directory: directory))
        {
            old = await TestAccount.CreateAsync(host, subject: Person);
            var commit = TestAccount.ItemCommit(await old.OpenAsync(), old.Phone);
            oldItem = commit.Items.Single().ToArray();
            await old.CommittedAsync(old.Phone, commit);
            oldVault = await old.OpenAsync();
        }

        File.Copy(Path.Combine(directory.Path, "stores", "data.db"), copy);
        TestAccount? anew = null;
        await using (var host = await TestHost.StartAsync(directory: directory))
        {
            if (isErased)
            {
                Assert.Equal(["erased"],
                    (await Officer.RunAsync(host, await Officer.TokenAsync(host, "demo"), Person))
                        .Select(o => o.GetProperty("outcome").GetString()));
                anew = await TestAccount.CreateAsync(host, subject: Person);
                await anew.CommittedAsync(anew.Phone, TestAccount.ItemCommit(await anew.OpenAsync(), anew.Phone));
            }
        }

        PutBack(Path.Combine(directory.Path, "stores", "data.db"), copy);
        await using (var host = await TestHost.StartAsync(directory: directory))
        {
            var target = $"/v1/items/{Hash256.Of(oldItem)}";
            using var byOld = await old.At(host).SendAsync(old.Phone, HttpMethod.Get, target);
            using var bySlot = await old.At(host).SendAsync(old.Code, HttpMethod.Post, "/v1/recovery");
            if (anew is null)
            {
                // The control: rows that are put back do open where nobody was erased.
                Assert.Equal(oldItem, await byOld.Content.ReadAsByteArrayAsync());
                Assert.Equal(HttpStatusCode.OK, bySlot.StatusCode);
                return;
            }

            await ProblemAssert.IsAsync(byOld, HttpStatusCode.Gone, "erased");
            await ProblemAssert.IsAsync(bySlot, HttpStatusCode.Unauthorized, "signature-invalid");
            Assert.NotEqual(old.Id, anew.Id);
            using (var byNew = await anew.At(host).SendAsync(anew.Phone, HttpMethod.Get, target))
                await ProblemAssert.IsAsync(byNew, HttpStatusCode.NotFound, "not-found");
            var vault = await anew.At(host).OpenAsync();
            Assert.DoesNotContain(vault.Vault.Manifest.Manifest.Items, i => i.Hash == Hash256.Of(oldItem));
            // Not with the new account's key either; with the one of before it does, to whoever kept that.
            Assert.Null(SealedItem.Open(vault.Keys.Current, oldItem));
            Assert.NotNull(SealedItem.Open(oldVault.Keys.Current, oldItem));
        }
    }

    private static void PutBack(string store, string copy)
    {
        using var connection = new SqliteConnection($"Data Source={store};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"ATTACH '{copy}' AS before; "
            + string.Concat(Tables.Select(t => $"INSERT OR REPLACE INTO main.{t} SELECT * FROM before.{t};"));
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }
}
