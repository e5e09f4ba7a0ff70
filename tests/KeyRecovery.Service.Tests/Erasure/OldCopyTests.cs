using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// Threat: copies of before the erasure, with all that the server has today. Each attempt is first seen to succeed.
/// </summary>
[Trait("Store", "Files")]
public sealed class OldCopyTests
{
    private readonly TestRandom _random = new(37);

    [Fact]
    public async Task Older_data_with_todays_keys_and_ring_open_for_all_but_the_erased_and_tell_nothing_of_those()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var people = await LiveAsync(server, 5);
        var gone = people.Take(3).ToList();
        var before = await Loot.CopyAsync(server);
        var all = people.Select(p => p.Locator).Order().ToList();
        Dictionary<string, int> rows;
        await using (var control = await Loot.OpenAsync(before, before, before))
        {
            rows = await control.OpenRowsAsync();
            Assert.Equal(all, rows.Keys.Order());
            // Account row, link, keyset, manifest, item.
            Assert.All(rows.Values, count => Assert.True(count >= 5));
            var traces = await control.TracesAsync();
            Assert.All(people, person => Assert.Contains(person.Id, traces));
        }

        await EraseAsync(server, gone);
        var today = await Loot.CopyAsync(server);
        await using (var loot = await Loot.OpenAsync(before, today, today))
        {
            var opened = await loot.OpenRowsAsync();
            Assert.Equal(people.Skip(3).ToDictionary(p => p.Locator, p => rows[p.Locator]), opened);
            var audit = await loot.Server.Service.Audit.RunAsync(default);
            Assert.Equal((2, 3), (audit.Accounts, audit.OrphanRows[Table.Accounts.Name]));

            // No row, lookup, job, erasure or receipt of today has an id of theirs, or the place of one of their rows.
            var traces = await loot.TracesAsync();
            Assert.All(people.Skip(3), person => Assert.Contains(person.Id, traces));
            foreach (var person in gone) Assert.All(person.Names, name => Assert.DoesNotContain(name, traces));
        }

        // And the other way: the keys of before, with the data of today, find no row of theirs.
        await using (var loot = await Loot.OpenAsync(today, before, today))
            Assert.Equal(people.Skip(3).Select(p => p.Locator).Order(), (await loot.OpenRowsAsync()).Keys.Order());
        foreach (var person in people) person.Dispose();
    }

    [Fact]
    public async Task Keys_of_before_with_the_root_key_open_until_the_KEK_is_rotated_away_and_then_nothing_at_all()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var people = await LiveAsync(server, 4);
        var gone = people.Take(3).ToList();
        var before = await Loot.CopyAsync(server);
        await EraseAsync(server, gone);
        // Level 1 says so: a copy of all of before opens as long as there is the KEK.
        var atLevel1 = await Loot.CopyAsync(server);
        await using (var control = await Loot.OpenAsync(before, before, atLevel1))
        {
            Assert.Equal(4, (await control.OpenRowsAsync()).Count);
            Assert.Equal(4, await control.OpenSharesAsync());
        }

        foreach (var person in gone) Assert.Equal(1, await LevelAsync(server, person));
        Assert.IsType<KeyRecovery.Service.Rotation.RotationOutcome.Done>(
            await server.Service.Rotation.RunAsync(begin: true, null, default));
        await server.Service.Erasures.ResumeAsync(default);
        foreach (var person in gone) Assert.Equal(2, await LevelAsync(server, person));
        var atLevel2 = await Loot.CopyAsync(server);
        foreach (var data in new[] { before, atLevel2 })
        {
            await using var loot = await Loot.OpenAsync(data, before, atLevel2);
            Assert.Empty(await loot.OpenRowsAsync());
            Assert.Equal(0, await loot.OpenSharesAsync());
        }

        // What stayed opens with the keys of today, and with them alone.
        await using (var live = await Loot.OpenAsync(atLevel2, atLevel2, atLevel2))
            Assert.Equal([people[3].Locator], (await live.OpenRowsAsync()).Keys);
        foreach (var person in people) person.Dispose();
    }

    private static async Task<int> LevelAsync(TestService server, Person person)
    {
        var refused = await server.RefusedAsync(person.Account, person.Phone);
        Assert.Equal(ErrorCode.Erased, refused.Code);
        return SignedErasureReceipt.Decode(refused.Receipt).Receipt.Level;
    }

    // One by its device, the others by an operator's list.
    private static async Task EraseAsync(TestService server, IReadOnlyList<Person> gone)
    {
        Assert.Equal(ErasureState.Erased, (await server.RequestErasureAsync(gone[0].Account, gone[0].Phone)).State);
        var job = await server.FileErasuresAsync([.. gone.Skip(1).Select(p => p.Subject), "nobody"]);
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal((gone.Count - 1, 0), (await server.JobAsync(job)) is var report
            ? (report.Erased, report.Pending) : default);
    }

    private async Task<List<Person>> LiveAsync(TestService server, int count)
    {
        var people = new List<Person>();
        for (var i = 0; i < count; i++)
        {
            var (account, phone, code) = await server.NewAccountAsync(_random, $"person {i}");
            var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
            var body = slot.Registration(server.Service.Realm.Identity);
                Assert.IsType<Outcome<byte[]>.Done>(await server.Service.Realm.RegisterAsync(
                new AppUser(account.AppId, "issuer", $"person {i}"), RealmRegister.Decode(body), Hash256.Of(body),
                default));
            using var open = await server.PassAsync(account, phone);
            people.Add(new Person($"person {i}", account, phone, code, slot, Loot.Hex(open.Rows.Locator)));
        }

        return people;
    }

    private sealed record Person(string Subject, TestAccount Account, TestAuthority Phone, TestAuthority Code,
        TestRealmSlot Slot, string Locator) : IDisposable
    {
        public string Id => Loot.Hex(Account.Now.Account.ToArray());

        public IEnumerable<string> Names =>
            [Id, Locator, Loot.Hex(Phone.Id.ToArray()), Loot.Hex(Code.Id.ToArray()), Loot.Hex(Slot.Id.ToArray())];

        public void Dispose()
        {
            Phone.Dispose();
            Code.Dispose();
            Slot.Dispose();
        }
    }
}
