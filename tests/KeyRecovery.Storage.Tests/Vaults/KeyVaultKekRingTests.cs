using Azure.Core;
using Azure.Core.Pipeline;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Azure.Ring;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Tests.Places;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Emulators;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Storage.Tests.Vaults;

/// <summary>One ring of several instances, in a vault that throttles, loses answers and does not purge.</summary>
public sealed class KeyVaultKekRingTests : IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private readonly SteadyTime _time = new();
    private readonly PlayedVault _vault = new();
    private readonly List<IDisposable> _opened = [];
    private SqliteStorePair _pair = null!;
    private FileRootKey _root = null!;

    public async Task InitializeAsync()
    {
        _pair = await _folder.OpenAsync();
        _root = FileRootKey.Open(Path.Combine(_folder.Root, "ring"), SystemRandom.Instance, mayCreate: true);
    }

    public async Task DisposeAsync()
    {
        foreach (var opened in _opened) opened.Dispose();
        _root.Dispose();
        await _pair.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Instances_that_begin_at_once_have_one_ring_and_one_secret()
    {
        var rings = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => OpenAsync(mayCreate: true))));
        Assert.Single(rings.Select(ring => Convert.ToHexString(ring.Current.Key.Span)).Distinct());
        Assert.Equal([(1u, KekState.Current)], Told(rings[3]));
        Assert.Equal(1, _vault.Secrets.Count + _vault.Deleted.Count);
    }

    [Fact]
    public async Task A_ring_that_is_missing_or_of_another_root_key_is_not_made_anew()
    {
        await Assert.ThrowsAsync<KekRingException>(() => OpenAsync(mayCreate: false));
        await OpenAsync(mayCreate: true);
        using var other = FileRootKey.Open(
            Path.Combine(_folder.Root, "other"), SystemRandom.Instance, mayCreate: true);
        await Assert.ThrowsAsync<KekRingException>(() => KeyVaultKekRing.OpenAsync(
            _vault.Open(), _pair.Keys, other, SystemRandom.Instance, _time, mayCreate: true, default));
    }

    [Fact]
    public async Task A_KEK_of_a_ring_whose_standings_were_lost_is_gone_when_the_vault_was_asked_and_not_before()
    {
        var lost = await OpenAsync(mayCreate: true);
        await TurnAsync(lost);
        var standings = (await _pair.Keys.ReadAsync(StandingsFormat.Place, default))!;
        await _pair.Keys.WriteAsync([new RowWrite.Delete(standings)], default);
        var ring = await KeyVaultKekRing.OpenAsync(
            _vault.Open(), _pair.Keys, _root, SystemRandom.Instance, _time, mayCreate: true, default, first: 3);
        _opened.Add(ring);
        Assert.Equal(
            [(1u, KekState.Retiring), (2u, KekState.Retiring), (3u, KekState.Current)], Told(ring));
        Assert.False(ring.IsGoneUpTo(new KekId(1)));
        Assert.Equal(2, _vault.Secrets.Count);
        await EndAsync(ring, begin: true);
        Assert.True(ring.IsGoneUpTo(new KekId(3)));
        Assert.StartsWith("kek-4-", Assert.Single(_vault.Secrets.Keys), StringComparison.Ordinal);
        Assert.Empty(_vault.Deleted);
    }

    [Fact]
    public async Task A_KEK_of_another_instance_is_learnt_and_one_that_is_destroyed_is_gone_from_the_vault()
    {
        var (one, two) = (await OpenAsync(mayCreate: true), await OpenAsync());
        await TurnAsync(one);
        Assert.Equal(new KekId(1), two.Current.Id);
        Assert.True(await two.LearnAsync(new KekId(2), default));
        Assert.Equal([(1u, KekState.Destroyed), (2u, KekState.Current)], Told(two));
        Assert.False(two.TryGet(new KekId(1), out _));
        Assert.True(one.Current.Key.Span.SequenceEqual(two.Current.Key.Span));
        CheckVault(two);
    }

    [Fact]
    public async Task An_instance_looks_by_itself_and_reads_the_vault_only_when_something_changed()
    {
        var (one, two) = (await OpenAsync(mayCreate: true), await OpenAsync());
        await TurnAsync(one);
        _time.Pass(KeyVaultKekRing.RefreshEvery);
        await Until(() => two.Current.Id == new KekId(2));
        var asked = _vault.Asked;
        for (var i = 0; i < 10; i++) await two.RefreshAsync(default);
        Assert.Equal(asked, _vault.Asked);
    }

    [Fact]
    public async Task Two_instances_that_rotate_at_once_lose_no_row_and_leave_one_current_KEK()
    {
        var rings = new[] { await OpenAsync(mayCreate: true), await OpenAsync() };
        var rows = await AddRowsAsync(rings[0], 50);
        for (var round = 0; round < 5; round++)
        {
            var outcomes = await Task.WhenAll(rings.Select(ring => Task.Run(async () =>
            {
                using var rotation = Rotation(ring, _pair.Keys);
                return await rotation.RunAsync(begin: true, null, default);
            })));
            foreach (var ring in rings)
            {
                using var rotation = Rotation(ring, _pair.Keys);
                Assert.IsType<RotationOutcome.Done>(await rotation.RunAsync(begin: false, null, default));
                CheckVault(ring);
            }

            Assert.Contains(outcomes, outcome => outcome is RotationOutcome.Done or RotationOutcome.Refused);
            await CheckRowsAsync(rings[round % 2], rows);
        }

        Assert.Equal(Told(rings[0]), Told(rings[1]));
    }

    [Theory]
    [InlineData(StepFate.Cut)]
    [InlineData(StepFate.AnswerLost)]
    public async Task An_instance_that_dies_at_any_step_of_the_store_leaves_a_rotation_that_another_one_ends(
        StepFate fate)
    {
        var other = await OpenAsync(mayCreate: true);
        var rows = await AddRowsAsync(other, 5);
        var struck = true;
        for (var at = 1; struck; at++)
        {
            var store = new StepwiseKeyStore(_pair.Keys) { Script = StepScript.Of(fate, at) };
            try
            {
                var ring = await OpenAsync(store: store);
                using var rotation = Rotation(ring, store);
                await rotation.RunAsync(begin: true, null, default);
            }
            catch (ProcessDiedException)
            {
                // As it was to.
            }

            struck = store.Script.HasStruck;
            await EndAsync(other);
            await CheckRowsAsync(other, rows);
        }
    }

    [Fact]
    public async Task An_instance_that_dies_at_any_request_to_the_vault_leaves_a_rotation_that_another_one_ends()
    {
        var other = await OpenAsync(mayCreate: true);
        var rows = await AddRowsAsync(other, 3);
        foreach (var isDone in new[] { false, true })
        {
            var died = true;
            for (var at = 0; died; at++)
            {
                var dying = new DyingPolicy(at, isDone);
                try
                {
                    var ring = await OpenAsync(between: dying, retries: 0);
                    using var rotation = Rotation(ring, _pair.Keys);
                    await rotation.RunAsync(begin: true, null, default);
                }
                catch (StoreUnavailableException)
                {
                    // As it was to.
                }

                died = dying.HasDied;
                await EndAsync(other);
                await CheckRowsAsync(other, rows);
            }
        }
    }

    [Fact]
    public async Task Whatever_becomes_of_a_request_to_the_vault_a_change_is_done_or_refused()
    {
        var other = await OpenAsync(mayCreate: true);
        foreach (var fault in Enum.GetValues<BlobFault>())
        {
            foreach (var retries in new[] { 0, 4 })
            {
                var wasReached = true;
                for (var at = 0; wasReached; at++)
                {
                    var policy = new FaultPolicy(fault, at, PlayedVault.Host);
                    try
                    {
                        var ring = await OpenAsync(between: policy, retries: retries);
                        using var rotation = Rotation(ring, _pair.Keys);
                        var outcome = await rotation.RunAsync(begin: true, null, default);
                        if (outcome is RotationOutcome.Done) CheckVault(ring);
                        else Assert.IsType<RotationOutcome.Refused>(outcome);
                    }
                    catch (Exception e) when (e is StoreUnavailableException)
                    {
                        // The ring could not be read.
                    }

                    wasReached = policy.WasReached;
                    await EndAsync(other);
                }
            }
        }
    }

    [Fact]
    public async Task A_vault_that_throttles_is_waited_for()
    {
        var ring = await OpenAsync(mayCreate: true);
        Assert.IsType<RingResult.Done>(await ring.AddNextAsync(default));
        Assert.IsType<RingResult.Done>(await ring.PromoteAsync(default));
        _vault.Throttles = 4;
        Assert.IsType<RingResult.Done>(await ring.DestroyAsync(new KekId(1), default));
        CheckVault(ring);
    }

    [Fact]
    public async Task A_KEK_that_the_vault_does_not_purge_is_not_destroyed()
    {
        var ring = await OpenAsync(mayCreate: true);
        await ring.AddNextAsync(default);
        await ring.PromoteAsync(default);
        _vault.Keeps = true;
        Assert.IsType<RingResult.Refused>(await ring.DestroyAsync(new KekId(1), default));
        Assert.Equal(KekState.Retiring, ring.StateOf(new KekId(1)));
        Assert.False(ring.IsGoneUpTo(new KekId(1)));
        // Also for who reads it now, when the vault no longer gives the secret.
        Assert.False((await OpenAsync()).IsGoneUpTo(new KekId(1)));
        _vault.Keeps = false;
        Assert.IsType<RingResult.Done>(await ring.DestroyAsync(new KekId(1), default));
        Assert.True(ring.IsGoneUpTo(new KekId(1)));
        CheckVault(ring);
    }

    [Fact]
    public async Task A_vault_with_purge_protection_is_refused()
    {
        _vault.RecoveryLevel = "Recoverable";
        await Assert.ThrowsAsync<KekRingException>(() => OpenAsync(mayCreate: true));
        Assert.Null(await _pair.Keys.ReadAsync(StandingsFormat.Place, default));
    }

    [Fact]
    public async Task What_a_crash_left_of_a_KEK_in_the_vault_goes_with_it()
    {
        var ring = await OpenAsync(mayCreate: true);
        _vault.Secrets["kek-1-" + new string('0', 32)] = ["of somebody who died"];
        _vault.Secrets["kek-10-" + new string('0', 32)] = ["of another KEK"];
        _vault.Deleted["kek-1-" + new string('1', 32)] = ["of somebody who died later"];
        await TurnAsync(ring);
        Assert.Equal(2, _vault.Secrets.Count);
        Assert.Empty(_vault.Deleted);
    }

    [Fact]
    public async Task An_instance_that_cannot_look_lets_its_keys_go_after_five_minutes_and_takes_them_again()
    {
        var store = new DownStore(_pair.Keys);
        var ring = await OpenAsync(mayCreate: true, store: store);
        var key = ring.Current.Key;
        store.IsDown = true;
        _time.Pass(KeyVaultKekRing.StaleAfter);
        Assert.True(ring.TryGet(new KekId(1), out _));
        // Before any timer: a process that stood still meanwhile has no say either.
        _time.Pass(TimeSpan.FromSeconds(1), ticks: false);
        Assert.Throws<StoreUnavailableException>(() => ring.TryGet(new KekId(1), out _));
        Assert.Throws<StoreUnavailableException>(() => ring.Wrap());
        _time.Pass(TimeSpan.FromSeconds(59));
        await Until(() => IsZeroed(key));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await ring.RefreshAsync(default));
        store.IsDown = false;
        await ring.RefreshAsync(default);
        Assert.Equal(new KekId(1), ring.Current.Id);
    }

    [Fact]
    public async Task A_vault_that_is_away_stops_nobody_who_knows_the_ring()
    {
        var ring = await OpenAsync(mayCreate: true);
        _vault.IsDown = true;
        await ring.RefreshAsync(default);
        using (var lease = ring.Wrap()) Assert.Equal(new KekId(1), lease.Kek.Id);
        Assert.IsType<RingResult.Refused>(await ring.AddNextAsync(default));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(retries: 0));
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("long")]
    [InlineData("swapped")]
    public async Task A_secret_that_is_not_what_was_set_is_none(string value)
    {
        var ring = await OpenAsync(mayCreate: true);
        Assert.IsType<RingResult.Done>(await ring.AddNextAsync(default));
        _vault.Says = value switch
        {
            "long" => new string('A', 25_000),
            "swapped" => _vault.Secrets.Single(secret => secret.Key.StartsWith("kek-1-", StringComparison.Ordinal))
                .Value[0],
            _ => value,
        };
        if (value == "swapped") _vault.Secrets.Remove(_vault.Secrets.Keys.Single(name => name.StartsWith("kek-1-",
            StringComparison.Ordinal)), out _);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(retries: 0));
        Assert.IsType<RingResult.Done>(await ring.PromoteAsync(default));
        Assert.IsType<RingResult.Refused>(await ring.AddNextAsync(default));
    }

    [Fact]
    public async Task Who_wrote_under_a_KEK_that_others_have_destroyed_meanwhile_moves_it_on_before_anybody_hears()
    {
        var (late, other) = (await OpenAsync(mayCreate: true), await OpenAsync());
        var subjects = new SubjectKeys(late, _pair.Keys, SystemRandom.Instance);
        var place = new RowKey(Table.KeyRows, SystemRandom.Bytes(32));
        using var lease = subjects.Wrap();
        var (rows, kek, wrapped) = subjects.Create(lease, place);
        rows.Dispose();
        // It stands still; another one replaces the KEK twice, and finds no row.
        await EndAsync(other, begin: true);
        await EndAsync(other, begin: true);
        Assert.Equal(KekState.Destroyed, other.StateOf(kek));
        await WriteAsync(place, new KeyRow(KeyRowState.Pending, kek, wrapped, null, 0));
        await subjects.MoveOnAsync(place, lease, default);
        var stored = KeyRow.Decode((await _pair.Keys.ReadAsync(place, default))!.Value);
        Assert.Equal(new KekId(3), stored.Kek);
        using var opened = await new SubjectKeys(other, _pair.Keys, SystemRandom.Instance)
            .OpenAsync(place, stored, default);
        CheckVault(late);
    }

    [Fact]
    public async Task What_an_earlier_try_left_under_a_destroyed_KEK_is_not_acknowledged()
    {
        var (late, other) = (await OpenAsync(mayCreate: true), await OpenAsync());
        var subjects = new SubjectKeys(late, _pair.Keys, SystemRandom.Instance);
        var place = new RowKey(Table.KeyRows, SystemRandom.Bytes(32));
        using (var lease = subjects.Wrap())
        {
            var (rows, kek, wrapped) = subjects.Create(lease, place);
            rows.Dispose();
            await EndAsync(other, begin: true);
            await WriteAsync(place, new KeyRow(KeyRowState.Pending, kek, wrapped, null, 0));
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            await subjects.MoveOnAsync(place, null, default));
    }

    [Fact]
    public async Task A_new_root_key_leaves_no_secret_that_the_old_one_opens()
    {
        var ring = await OpenAsync(mayCreate: true);
        var key = ring.Current.Key.Span.ToArray();
        var before = _vault.Secrets.Keys.ToList();
        using var secrets = await ServerSecrets.LoadOrCreateAsync(_pair.Keys, _root, SystemRandom.Instance, default);
        using var rotation = new RootKeyRotation(_pair.Keys, _root, [ring]);
        Assert.IsType<RingResult.Done>(await rotation.RunAsync(default));
        Assert.DoesNotContain(before, name => _vault.Secrets.ContainsKey(name) || _vault.Deleted.ContainsKey(name));
        Assert.Equal(key, (await OpenAsync()).Current.Key.Span.ToArray());
        CheckVault(ring);
    }

    private async Task<KeyVaultKekRing> OpenAsync(
        bool mayCreate = false, IKeyStore? store = null, HttpPipelinePolicy? between = null, int retries = 4)
    {
        var ring = await KeyVaultKekRing.OpenAsync(
            _vault.Open(between, retries), store ?? _pair.Keys, _root, SystemRandom.Instance, _time, mayCreate,
            default);
        lock (_opened) _opened.Add(ring);
        return ring;
    }

    private static KekRotation Rotation(KeyVaultKekRing ring, IKeyStore keys) =>
        new(keys, TableRegistry.Default, ring, SystemRandom.Instance, TimeProvider.System);

    private async Task EndAsync(KeyVaultKekRing ring, bool begin = false)
    {
        using var rotation = Rotation(ring, _pair.Keys);
        Assert.IsType<RotationOutcome.Done>(await rotation.RunAsync(begin, null, default));
        CheckVault(ring);
    }

    private static async Task TurnAsync(KeyVaultKekRing ring)
    {
        var old = ring.Current.Id;
        Assert.IsType<RingResult.Done>(await ring.AddNextAsync(default));
        Assert.IsType<RingResult.Done>(await ring.PromoteAsync(default));
        Assert.IsType<RingResult.Done>(await ring.DestroyAsync(old, default));
    }

    private async Task<List<RowKey>> AddRowsAsync(KeyVaultKekRing ring, int count)
    {
        var (places, subjects) = (new List<RowKey>(), new SubjectKeys(ring, _pair.Keys, SystemRandom.Instance));
        for (var i = 0; i < count; i++)
        {
            places.Add(new RowKey(Table.KeyRows, SystemRandom.Bytes(32)));
            using var lease = subjects.Wrap();
            var (rows, kek, wrapped) = subjects.Create(lease, places[i]);
            rows.Dispose();
            await WriteAsync(places[i], new KeyRow(KeyRowState.Live, kek, wrapped, null, 0));
        }

        return places;
    }

    private async Task WriteAsync(RowKey place, KeyRow row) => Assert.IsType<WriteResult.Written>(
        await _pair.Keys.WriteAsync([new RowWrite.Create(place, row.Encode())], default));

    private async Task CheckRowsAsync(KeyVaultKekRing ring, List<RowKey> places)
    {
        var subjects = new SubjectKeys(ring, _pair.Keys, SystemRandom.Instance);
        foreach (var place in places)
        {
            var row = KeyRow.Decode((await _pair.Keys.ReadAsync(place, default))!.Value);
            (await subjects.OpenAsync(place, row, default)).Dispose();
        }
    }

    // What is destroyed is nowhere in the vault, and one KEK is current.
    private void CheckVault(KeyVaultKekRing ring)
    {
        Assert.Single(ring.Standings, kek => kek.State == KekState.Current);
        foreach (var gone in ring.Standings.Where(kek => kek.State == KekState.Destroyed))
            Assert.DoesNotContain(
                _vault.Secrets.Keys.Concat(_vault.Deleted.Keys),
                name => name.StartsWith(VaultKek.PrefixOf(gone.Id), StringComparison.Ordinal));
    }

    private static List<(uint, KekState)> Told(KeyVaultKekRing ring) =>
        [.. ring.Standings.Select(kek => (kek.Id.Value, kek.State))];

    private static bool IsZeroed(SecretBytes key)
    {
        try
        {
            return !key.Span.ContainsAnyExcept((byte)0);
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 500 && !holds(); i++) await Task.Delay(10);
        Assert.True(holds());
    }

    // A process that dies sends nothing any more.
    private sealed class DyingPolicy(int at, bool isDone) : HttpPipelinePolicy
    {
        private int _count = -1;

        public bool HasDied => _count >= at;

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            throw new NotSupportedException("nothing waits here");

        public override async ValueTask ProcessAsync(
            HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            var number = Interlocked.Increment(ref _count);
            if (number < at || (number == at && isDone)) await ProcessNextAsync(message, pipeline);
            if (number >= at) throw new IOException("the process died");
        }
    }

    private sealed class DownStore(IKeyStore store) : PassingStore(store), IKeyStore
    {
        public bool IsDown { get; set; }

        public override ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct) => IsDown
            ? throw new StoreUnavailableException(StoreFault.Failed, "down") : base.ReadAsync(key, ct);
    }
}
