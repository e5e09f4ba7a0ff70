using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>Threat: copies of the stores, of after the erasure and of before it.</summary>
public sealed class RemnantTests
{
    private const int Accounts = 60;

    private readonly TestRandom _random = new(13);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wrapped_keys_and_shares_of_the_erased_are_in_no_file_and_in_the_control_without_overwriting_they_are(bool leavesRemnants)
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-service-").FullName;
        await using var server = await TestService.OpenAsync(folder, _random, null, leavesRemnants);
        server.ErasureHold = TimeSpan.Zero;
        var people = await LiveAsync(server);
        var before = await WrappedAsync(server);
        foreach (var (account, phone) in people.Where((_, i) => i % 3 == 1)) await EraseAsync(server, account, phone);
        var after = await WrappedAsync(server);
        Assert.Equal((2 * Accounts, 2 * (Accounts - Accounts / 3)), (before.Count, after.Count));
        var found = before.Where(key => !after.ContainsKey(key.Key)).Count(key => IsIn(folder, key.Value));
        Assert.Equal(after.Count, after.Values.Count(key => IsIn(folder, key)));
        if (leavesRemnants) Assert.NotEqual(0, found);
        else Assert.Equal(0, found);
    }

    [Fact]
    public async Task A_data_store_of_before_with_todays_keys_and_ring_opens_for_all_but_the_erased()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var people = await LiveAsync(server, 3);
        Assert.True(await server.Data.ForgetAsync(default));
        var copy = Directory.CreateTempSubdirectory("keyrecovery-service-").FullName;
        foreach (var name in new[] { "data", "keys", "ring" }) Directory.CreateDirectory(Path.Combine(copy, name));
        File.Copy(server.StorePath, Path.Combine(copy, "data", "data.db"));
        await EraseAsync(server, people[1].Account, people[1].Phone);
        await server.CloseAsync();
        foreach (var name in new[] { "keys", "ring" })
            foreach (var file in Directory.GetFiles(Path.Combine(server.Folder, name))) File.Copy(file, Path.Combine(copy, name, Path.GetFileName(file)), overwrite: true);

        await using (var restored = await TestService.OpenAsync(copy, _random))
        {
            Assert.Equal(ErrorCode.Erased, Assert.IsType<GateResult.Shut>(await restored.Service.Gate.PassAsync(
                KeyId.OfDevice(people[1].Account.Now.Account, people[1].Phone.Id), _ => true, default)).Failure.Code);
            (await restored.PassAsync(people[0].Account, people[0].Phone)).Dispose();
            var audit = await restored.Service.Audit.RunAsync(default);
            // Its rows are there, and nothing in key store and ring leads to them.
            Assert.Equal((2, 1), (audit.Accounts, audit.OrphanRows[nameof(Table.Accounts)]));
            await foreach (var erasure in restored.Keys.ScanAsync(Table.Erasures, default, default))
                await foreach (var row in restored.Data.ScanAsync(Table.Accounts, default, default))
                    Assert.Equal(-1, erasure.Value.Span.IndexOf(row.Key.Id.Span));
        }
    }

    private async Task<List<(TestAccount Account, TestAuthority Phone)>> LiveAsync(TestService server, int count = Accounts)
    {
        var people = new List<(TestAccount, TestAuthority)>();
        for (var i = 0; i < count; i++)
        {
            var phone = TestAuthority.Device(_random);
            var account = TestAccount.Begin(_random, phone, [TestAuthority.Code(_random)], items: [(new ItemId(_random.Bytes(16)), _random.Bytes(60))]);
            Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account, $"person {i}"));
            using var slot = new TestRealmSlot(_random);
            var body = slot.Registration(server.Service.Realm.Identity);
            using var registration = server.Service.Realm.OpenRegistration(body);
            Assert.IsType<Outcome<byte[]>.Done>(await server.Service.Realm.RegisterAsync(
                new AppUser(account.AppId, "issuer", $"person {i}"), registration, Hash256.Of(body), default));
            people.Add((account, phone));
        }

        return people;
    }

    private static async Task EraseAsync(TestService server, TestAccount account, TestAuthority phone)
    {
        using var open = await server.PassAsync(account, phone);
        Assert.Equal("erased", Assert.IsType<Outcome<ErasureStatus>.Done>(await server.Service.Erasures.RequestAsync(open, default)).Value.State);
    }

    private static async Task<Dictionary<RowKey, byte[]>> WrappedAsync(TestService server)
    {
        var keys = new Dictionary<RowKey, byte[]>();
        await foreach (var row in server.Keys.ScanAsync(Table.KeyRows, default, default))
            if (KeyRow.Decode(row.Value).WrappedSubjectKey is { IsEmpty: false } wrapped) keys[row.Key] = wrapped.ToArray();
        await foreach (var row in server.Keys.ScanAsync(Table.RealmSlots, default, default))
            if (RealmSlotRow.Decode(row.Value).SealedShare is { IsEmpty: false } share) keys[row.Key] = share.ToArray();
        return keys;
    }

    // Any 16 bytes of it in a row.
    private static bool IsIn(string folder, byte[] secret) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("lock", StringComparison.Ordinal) && new FileInfo(f).Length > 0).Any(file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Enumerable.Range(0, secret.Length - 15).Any(i => bytes.AsSpan().IndexOf(secret.AsSpan(i, 16)) >= 0);
        });
}
