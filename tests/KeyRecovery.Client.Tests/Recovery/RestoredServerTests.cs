using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Recovery;

/// <summary>A data store that was restored from an older copy, beside the living key store.</summary>
// Puts older files in the place of the stores'.
[Trait("Store", "Files")]
public sealed class RestoredServerTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);

    public void Dispose()
    {
        _folder.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task From_before_a_removal_the_removed_device_stays_out_and_any_honest_device_repairs_by_itself()
    {
        await using var first = await StartAsync();
        var port = first.Address.Port;
        using var phone = new TestDevice(first.Address);
        using var next = new TestDevice(first.Address);
        using (await phone.CreateAsync(
            await first.TokenAsync("restored"), _code, "phone", new ItemEdit.Put("identity", "kept"u8.ToArray()))) { }
        await first.StopAsync();
        CopyDataStore(to: "yesterday");

        await using (var second = await StartAsync(port))
        {
            using var recovered = await next.RecoverAsync(_code, removeOthers: true);
            TestDevice.Value(await recovered.PutAsync("later", "stored after the copy"u8.ToArray()));
            await second.StopAsync();
        }

        RestoreDataStore(from: "yesterday");
        await using var third = await StartAsync(port);
        // The restored chain still has the lost phone; the key store remembers that it was removed.
        Assert.IsNotType<Result<VaultSession>.Ok>(await phone.Client.OpenAsync());
        using (var opened = await next.OpenAsync())
        {
            Assert.Equal(2ul, opened.Epoch);
            Assert.Equal("kept"u8.ToArray(), TestDevice.Value(await opened.GetAsync("identity")));
            // What only the lost copy held is named, and stored again from the app's own.
            Assert.Equal("later", Assert.Single(opened.LostItems));
            Assert.IsType<ClientFailure.ItemLost>(TestDevice.Failure(await opened.GetAsync("later")));
            TestDevice.Value(await opened.PutAsync("later", "stored again"u8.ToArray()));
            Assert.Equal("stored again"u8.ToArray(), TestDevice.Value(await opened.GetAsync("later")));
        }
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await phone.Client.OpenAsync()));
        using var last = new TestDevice(third.Address);
        using var again = await last.RecoverAsync(_code);
        Assert.Equal("stored again"u8.ToArray(), TestDevice.Value(await again.GetAsync("later")));
    }

    [Fact]
    public async Task From_before_a_backup_a_served_prefix_is_given_back_by_itself()
    {
        await using var first = await StartAsync();
        var port = first.Address.Port;
        using var phone = new TestDevice(first.Address);
        using (await phone.CreateAsync(await first.TokenAsync("prefix"), null)) { }
        await first.StopAsync();
        CopyDataStore(to: "yesterday");
        await using (var second = await StartAsync(port))
        {
            using var vault = await phone.OpenAsync();
            TestDevice.Value(await vault.AddCodeAsync(_code));
            await second.StopAsync();
        }
        RestoreDataStore(from: "yesterday");
        await using var third = await StartAsync(port);
        using (var vault = await phone.OpenAsync()) Assert.Equal(2ul, vault.Version);
        using var next = new TestDevice(third.Address);
        using var recovered = await next.RecoverAsync(_code);
    }

    [Fact]
    public async Task From_before_the_account_the_vault_is_lost_and_a_device_brings_it_back()
    {
        await using var first = await StartAsync();
        var port = first.Address.Port;
        await first.StopAsync();
        CopyDataStore(to: "yesterday");
        using var phone = new TestDevice(first.Address);
        await using (var second = await StartAsync(port))
        {
            using var vault = await phone.CreateAsync(
                await second.TokenAsync("lost"), _code, "phone", new ItemEdit.Put("identity", "old"u8.ToArray()));
            await second.StopAsync();
        }
        RestoreDataStore(from: "yesterday");
        await using var third = await StartAsync(port);
        using (var vault = await phone.OpenAsync())
        {
            Assert.Equal("identity", Assert.Single(vault.LostItems));
            TestDevice.Value(await vault.PutAsync("identity", "again"u8.ToArray()));
        }
        using var next = new TestDevice(third.Address);
        using var recovered = await next.RecoverAsync(_code);
        Assert.Equal("again"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("identity")));
    }

    private Task<ServerProcess> StartAsync(int port = 0) => ServerProcess.StartAsync(_folder["server"], port);

    private void CopyDataStore(string to) => Copy(Path.Combine(_folder["server"], "stores"), _folder[to]);

    private void RestoreDataStore(string from)
    {
        Directory.Delete(Path.Combine(_folder["server"], "stores"), recursive: true);
        Copy(_folder[from], Path.Combine(_folder["server"], "stores"));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
