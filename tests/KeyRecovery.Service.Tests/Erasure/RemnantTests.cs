using KeyRecovery.Protocol.Realms;
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

/// <summary>Threat: copies of the stores of after the erasure, down to what their files no longer use.</summary>
[Trait("Store", "Files")]
public sealed class RemnantTests
{
    private const int Accounts = 60;

    private readonly TestRandom _random = new(13);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keys_and_shares_of_the_erased_are_in_no_file_and_in_the_control_they_are(bool leavesRemnants)
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

    private async Task<List<(TestAccount Account, TestAuthority Phone)>> LiveAsync(TestService server)
    {
        var people = new List<(TestAccount, TestAuthority)>();
        for (var i = 0; i < Accounts; i++)
        {
            var phone = TestAuthority.Device(_random);
            var account = TestAccount.Begin(_random, phone, [TestAuthority.Code(_random)],
                items: [(new ItemId(_random.Bytes(16)), _random.Bytes(60))]);
            Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account, $"person {i}"));
            using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
            var body = slot.Registration(server.Service.Realm.Identity);
                Assert.IsType<Outcome<byte[]>.Done>(await server.Service.Realm.RegisterAsync(
                new AppUser(account.AppId, "issuer", $"person {i}"), RealmRegister.Decode(body), Hash256.Of(body),
                default));
            people.Add((account, phone));
        }

        return people;
    }

    private static async Task EraseAsync(TestService server, TestAccount account, TestAuthority phone)
    {
        using var open = await server.PassAsync(account, phone);
        Assert.Equal(ErasureState.Erased,
            Assert.IsType<Outcome<ErasureStatus>.Done>(
                await server.Service.Erasures.RequestAsync(open, 0, default)).Value.State);
    }

    private static async Task<Dictionary<RowKey, byte[]>> WrappedAsync(TestService server)
    {
        var keys = new Dictionary<RowKey, byte[]>();
        await foreach (var row in server.Keys.ScanAsync(Table.KeyRows, default))
            if (KeyRow.Decode(row.Value).WrappedSubjectKey is { IsEmpty: false } wrapped)
                keys[row.Key] = wrapped.ToArray();
        await foreach (var row in server.Keys.ScanAsync(Table.RealmSlots, default))
            if (RealmSlotRow.Decode(row.Value).SealedShare is { IsEmpty: false } share) keys[row.Key] = share.ToArray();
        return keys;
    }

    // Any 16 bytes of it in a row.
    private static bool IsIn(string folder, byte[] secret) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => !f.EndsWith("lock", StringComparison.Ordinal) && new FileInfo(f).Length > 0).Any(file =>
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return Enumerable.Range(0, secret.Length - 15)
                    .Any(i => bytes.AsSpan().IndexOf(secret.AsSpan(i, 16)) >= 0);
            });
}
