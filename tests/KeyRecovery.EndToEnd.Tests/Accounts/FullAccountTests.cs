using KeyRecovery.EndToEnd.Tests.Backups;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Accounts;

/// <summary>
/// An account with as many devices and codes as it may have: whoever would bring in another is told so, with the
/// numbers, and nothing is sent. A server lets in sixteen a day, so that this takes two.
/// </summary>
public sealed class FullAccountTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly List<RecoveryCode> _others = [];

    public void Dispose()
    {
        _folder.Dispose();
        _code.Dispose();
        _others.ForEach(code => code.Dispose());
    }

    [NeedsFact(Need.Faketime)]
    public async Task One_more_than_there_may_be_is_refused_before_it_is_sent_in_every_way_that_there_is()
    {
        (string, string)[] trusting =
        [
            ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
            ("Apps:0:Policy:TrustAfterHours", "0"),
        ];
        await using var today = await ServerProcess.StartAsync(_folder["server"], 0, trusting);
        using var phone = new TestDevice(today.Address);
        using (var vault = await phone.CreateAsync(await today.TokenAsync("many"), _code))
        {
            TestDevice.Value(await vault.PutAsync("a", "kept"u8.ToArray()));
            await AddCodesAsync(vault, 15);
        }
        await today.StopAsync();
        await using var tomorrow = await ServerProcess.StartAsync(
            _folder["server"], today.Address.Port, RestoredSite.Ahead(TimeSpan.FromHours(25)), trusting);

        using var onPhone = await phone.OpenAsync();
        await AddCodesAsync(onPhone, Limits.Authorities - onPhone.Authorities.Length);
        Assert.Equal(Limits.Authorities, onPhone.Authorities.Length);
        var commits = 0;
        Count(phone);

        AssertFull(await onPhone.AddCodeAsync(NewCode()));
        using (var tablet = NewDevice())
        using (var recovery = TestDevice.Value(await tablet.Client.BeginRecoveryAsync(_code)))
        {
            AssertFull(await recovery.CompleteAsync("tablet", []));
            AssertFull(await recovery.CompleteWithRevocationAsync(
                "tablet", new RevocationRequest([onPhone.Device]) { Stolen = false, NewCode = NewCode() }));
            AssertFull(await recovery.ReplaceCodeAsync(NewCode()));
            var point = TestDevice.Value(await recovery.ListRestorePointsAsync())[0];
            AssertFull(await recovery.CompleteWithUndoAsync("tablet", new UndoRequest(point) { Remove = [] }));
            Assert.Null(await tablet.Store.LoadAsync(default));
        }
        using (var laptop = NewDevice())
        {
            await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
            var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            using var code = Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(link.QrText)).Code;
            var joined = laptop.Client.LinkAsync(code, new LinkJoin
            {
                DeviceName = "laptop", Platform = "Linux", ShowDigits = (shown, _) => digits.TrySetResult(shown),
            });
            AssertFull(await link.RunAsync(new LinkApproval
            {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct), Consent = (_, _) => Task.FromResult(true),
            }, ReadOnlyMemory<byte>.Empty).WaitAsync(TimeSpan.FromMinutes(1)));
            TestDevice.Failure(await joined.WaitAsync(TimeSpan.FromMinutes(1)));
        }
        Assert.Equal(0, commits);

        // Where one goes, one comes: the count is of what there is afterwards.
        using var slot = _code.DeriveSlot();
        var goes = onPhone.Authorities.First(a => a.Kind == AuthorityKind.Code && a.Id != slot.Id).Id;
        using var last = NewDevice();
        using var again = TestDevice.Value(await last.Client.BeginRecoveryAsync(_code));
        using var onLast = TestDevice.Value(await again.CompleteAsync("tablet", [goes])).Vault;
        Assert.Equal((Limits.Authorities, 1), (onLast.Authorities.Length, commits));

        TestDevice NewDevice()
        {
            var device = new TestDevice(tomorrow.Address);
            Count(device);
            return device;
        }

        void Count(TestDevice device) => device.Relay.OnRequest = (request, _) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/commits") commits++;
            return null;
        };
    }

    private static void AssertFull<T>(Result<T> result)
    {
        var full = Assert.IsType<ClientFailure.Refused>(TestDevice.Failure(result));
        Assert.Equal(
            ("limit-reached", "active", (long)Limits.Authorities, (long)Limits.Authorities),
            (full.Type, full.Field, full.Limit, full.Used));
    }

    private async Task AddCodesAsync(VaultSession vault, int count)
    {
        for (var i = 0; i < count; i++) TestDevice.Value(await vault.AddCodeAsync(NewCode()));
    }

    private RecoveryCode NewCode()
    {
        _others.Add(RecoveryCode.Generate(SystemRandom.Instance));
        return _others[^1];
    }
}
