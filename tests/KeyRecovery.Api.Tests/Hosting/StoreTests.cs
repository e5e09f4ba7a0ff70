using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>The stores from start to stop, as an operator meets them.</summary>
public class StoreTests
{
    // The verb is a process of its own, which knows of no emulated accounts.
    [Trait("Store", "Files")]
    [Fact]
    public async Task What_was_stored_is_there_after_a_restart_and_check_finds_it_sound()
    {
        using var directory = new TempDirectory();
        TestAccount account;
        await using (var host = await TestHost.StartAsync(VaultFixture.Settings, directory: directory))
        {
            account = await TestAccount.CreateAsync(host);
            using var vault = await account.OpenAsync();
            await account.CommittedAsync(account.Phone, TestAccount.ItemCommit(vault, account.Phone));
        }

        var arguments = TestHost.Arguments(directory, VaultFixture.Settings, "Development");
        var (exitCode, output, _) = await HostProcess.RunAsync(["check", "--json", .. arguments]);
        var report = JsonSerializer.Deserialize<JsonElement>(output);
        Assert.Equal((0, true, 1),
            (exitCode, report.GetProperty("sound").GetBoolean(), report.GetProperty("accounts").GetInt32()));

        await using var again = await TestHost.StartAsync(VaultFixture.Settings, directory: directory);
        using var reopened = await again.Client.SendAsync(account.Phone.Of(account.Id)
            .Request(again.Address, HttpMethod.Get, "/v1/vault"));
        Assert.Equal(HttpStatusCode.OK, reopened.StatusCode);
    }

    [Fact]
    public async Task Several_instances_over_a_store_of_one_process_are_refused_by_name_and_nothing_is_made()
    {
        using var directory = new TempDirectory();
        var arguments = TestHost.Arguments(
            directory,
            new Dictionary<string, string>(VaultFixture.Settings)
            {
                ["Instances"] = "3", ["Ring:KeyVault"] = "https://keys.vault.azure.net",
                ["Ring:RootKey"] = Convert.ToBase64String(new byte[32]),
                ["Ring:Credential:Kind"] = "ManagedIdentity",
                ["Log:Directory"] = Path.Combine(directory.Path, "shared-log"),
                ["Fence:Directory"] = Path.Combine(directory.Path, "shared-fence"),
            },
            "Development");
        var (exitCode, _, error) = await HostProcess.RunAsync(["serve", .. arguments]);
        Assert.Equal(1, exitCode);
        Assert.Contains("KeyRecovery:Instances is 3", error, StringComparison.Ordinal);
        Assert.Contains("data.db", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory.Path, "*.db", SearchOption.AllDirectories));
    }

    // The verb is a process of its own, which knows of no emulated accounts.
    [Trait("Store", "Files")]
    [Fact]
    public async Task Check_tells_of_lost_data_and_sweeps_when_asked()
    {
        using var directory = new TempDirectory();
        await using (var host = await TestHost.StartAsync(VaultFixture.Settings, directory: directory))
        {
            var account = await TestAccount.CreateAsync(host);
            using var vault = await account.OpenAsync();
            var (item, _) = TestAccount.Put(vault, [1]);
            using var put = await account.SendAsync(
                account.Phone, HttpMethod.Put, $"/v1/items/{KeyRecovery.Hash256.Of(item)}", item,
                "application/octet-stream");
            Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        }

        var arguments = TestHost.Arguments(directory, VaultFixture.Settings, "Development");
        var swept =
            await HostProcess.RunAsync(["check", "--json", "--sweep", "--older-than-minutes", "0", .. arguments]);
        Assert.Equal(1, JsonSerializer.Deserialize<JsonElement>(swept.Output).GetProperty("sweep")
            .GetProperty("stagedItems").GetInt32());
        Assert.Equal(0, swept.ExitCode);

        await using (var host = await TestHost.StartAsync(VaultFixture.Settings, directory: directory))
        {
            var data = host.Services.GetRequiredService<ServerStores>().Pair.Data;
            await foreach (var row in data.ScanAsync(Table.Manifests, CancellationToken.None))
                Assert.IsType<WriteResult.Written>(
                    await data.WriteAsync([new RowWrite.Remove(row.Key)], CancellationToken.None));
        }

        var (exitCode, output, _) = await HostProcess.RunAsync(["check", .. arguments]);
        Assert.Equal(1, exitCode);
        Assert.Contains("damaged: ", output, StringComparison.Ordinal);
        Assert.EndsWith("NOT sound\n", output, StringComparison.Ordinal);
    }

    // Several processes share accounts.
    [Trait("Store", "Files")]
    [Fact]
    public async Task A_second_process_is_refused_in_one_sentence()
    {
        using var directory = new TempDirectory();
        await using var host = await TestHost.StartAsync(directory: directory);
        await AssertOneSentenceAsync(directory, "is in use by another process");
    }

    [Fact]
    public async Task Stores_that_are_no_pair_are_refused()
    {
        using var first = new TempDirectory();
        using var second = new TempDirectory();
        await InitAsync(first);
        await InitAsync(second);
        File.Copy(
            Path.Combine(second.Path, "keys", "keys.db"), Path.Combine(first.Path, "keys", "keys.db"), overwrite: true);
        await AssertOneSentenceAsync(first, "do not belong together");
    }

    [Fact]
    public async Task A_wrong_or_missing_root_key_is_refused_and_none_is_made()
    {
        using var directory = new TempDirectory();
        await InitAsync(directory);
        var root = Path.Combine(directory.Path, "ring", "root.key");
        await File.WriteAllBytesAsync(root, RandomNumberGenerator.GetBytes(32));
        await AssertOneSentenceAsync(directory, "does not open under this root key");
        File.Delete(root);
        await AssertOneSentenceAsync(directory, "is missing");
        Assert.False(File.Exists(root));
    }

    private static async Task InitAsync(TempDirectory directory) =>
        Assert.Equal(
            0, (await HostProcess.RunAsync(["init", .. TestHost.Arguments(directory, null, "Development")])).ExitCode);

    private static async Task AssertOneSentenceAsync(TempDirectory directory, string sentence)
    {
        foreach (var verb in new[] { "serve", "check" })
        {
            var (exitCode, _, error) =
                await HostProcess.RunAsync([verb, .. TestHost.Arguments(directory, null, "Development")]);
            Assert.Equal(1, exitCode);
            Assert.Contains(sentence, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
                StringComparison.Ordinal);
        }
    }
}
