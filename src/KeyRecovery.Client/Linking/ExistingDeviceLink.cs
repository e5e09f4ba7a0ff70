using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Linking;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// A code that this device shows, and the session behind it. Dispose of it to end the session; a failed one is over,
/// and a new try begins a new one.
/// </summary>
public sealed class ExistingDeviceLink : IAsyncDisposable
{
    private const int Attempts = 3;

    private readonly KeyRecoveryOptions _options;
    private readonly LinkCommitter _committer;
    private readonly LinkRelay _relay;
    private readonly ExistingDisplaying _displaying;
    private readonly long _began;
    private int _isOver;

    private ExistingDeviceLink(
        KeyRecoveryOptions options, LinkCommitter committer, LinkRelay relay, ExistingDisplaying displaying,
        string? typedText)
    {
        _options = options;
        _committer = committer;
        _relay = relay;
        _displaying = displaying;
        _began = options.Time.GetTimestamp();
        QrText = displaying.Code.ToQrText();
        TypedText = typedText;
    }

    /// <summary>
    /// What the QR code says: 103 characters of its alphanumeric mode. Secret until the session is claimed.
    /// </summary>
    public string QrText { get; }

    /// <summary>
    /// The 17 characters for a device without a camera, in groups; null where they were not asked for. As secret.
    /// </summary>
    public string? TypedText { get; }

    /// <summary>How long the code can still be used, by this device's own clock; zero once it cannot.</summary>
    public TimeSpan ExpiresIn
    {
        get
        {
            var left = _relay.ExpiresIn - _options.Time.GetElapsedTime(_began);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Draws a code and opens its session.</summary>
    /// <param name="options">Server and app.</param>
    /// <param name="vault">The account to link to.</param>
    /// <param name="committer">Changes it.</param>
    /// <param name="typed">Whether to draw the 17 characters too.</param>
    /// <param name="ct">Cancels.</param>
    internal static async Task<Result<ExistingDeviceLink>> BeginAsync(
        KeyRecoveryOptions options, VaultState vault, LinkCommitter committer, bool typed, CancellationToken ct)
    {
        // There are a million nameplates, and others have some of them: every part of the code is drawn anew.
        for (var attempt = 1; ; attempt++)
        {
            var begun = await TryBeginAsync(options, vault, committer, typed, ct);
            var isTaken = begun is Result<ExistingDeviceLink>.Failed
            {
                Failure: ClientFailure.Refused { Type: ProblemTypes.Conflict, Field: "nameplate" or "sessionId" },
            };
            if (!isTaken || attempt == Attempts) return begun;
        }
    }

    /// <summary>
    /// Waits for the new device, asks the person, adds it to the account and hands the app's bundle over. Once.
    /// </summary>
    /// <param name="approval">What is asked.</param>
    /// <param name="bundle">The app's private keys, 0 to 204,800 bytes; the caller zeroes them.</param>
    /// <param name="ct">Cancels, on both sides.</param>
    /// <returns>
    /// The device. A failure after the consent may leave it in the account without the bundle: it then stands in
    /// <see cref="VaultSession.Authorities"/>, to be revoked.
    /// </returns>
    public Task<Result<LinkedDevice>> RunAsync(
        LinkApproval approval, ReadOnlyMemory<byte> bundle, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(approval);
        return Call.RunAsync(() =>
        {
            CallTime.Unbind();
            return RunOnceAsync(approval, bundle, ct);
        }, ct);
    }

    private async Task<Result<LinkedDevice>> RunOnceAsync(
        LinkApproval approval, ReadOnlyMemory<byte> bundle, CancellationToken ct)
    {
        if (bundle.Length > LinkLimits.BundleBytes)
            return new ClientFailure.Invalid($"a bundle has at most {LinkLimits.BundleBytes} bytes");
        if (Interlocked.Exchange(ref _isOver, 1) != 0) return new ClientFailure.LinkGone();
        var run = new LinkRun(_options, _relay, ct);
        try
        {
            var linked = await RunAsync(run, approval, bundle, ct);
            await run.EndAsync();
            return linked;
        }
        catch (LinkStop stop)
        {
            await run.EndAsync(stop.Farewell);
            // The server ends the session of a device that is removed: that is what its person has to hear.
            return stop.Failure is ClientFailure.LinkGone
                && await _committer.RefreshAsync(ct) is ClientFailure.Revoked revoked ? revoked : stop.Failure;
        }
        catch
        {
            await run.EndAsync(run.Cancel());
            throw;
        }
        finally
        {
            _displaying.Dispose();
        }
    }

    /// <summary>Ends the session, where it is not over.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0) return;
        _displaying.Dispose();
        await new LinkRun(_options, _relay, CancellationToken.None).EndAsync();
    }

    private static async Task<Result<ExistingDeviceLink>> TryBeginAsync(
        KeyRecoveryOptions options, VaultState vault, LinkCommitter committer, bool typed, CancellationToken ct)
    {
        var displaying = ExistingDisplaying.Begin(new LinkScope(options.App, options.Server), options.Random);
        using var characters = typed ? TypedLinkCode.Generate(options.Random) : null;
        var envelope = characters is null
            ? null
            : await Task.Run(() => characters.SealEnvelope(options.App, displaying.Code, options.Random), ct);
        var opened = await LinkRelay.OpenAsync(
            vault.Api.Transport, vault.Keys, displaying.Code, envelope is null
                ? null : (characters!.Nameplate, envelope), options, ct);
        if (opened is Result<LinkRelay>.Ok { Value: var relay })
            return new ExistingDeviceLink(options, committer, relay, displaying, characters?.ToDisplayString());
        displaying.Dispose();
        return ((Result<LinkRelay>.Failed)opened).Failure;
    }

    private async Task<LinkedDevice> RunAsync(
        LinkRun run, LinkApproval approval, ReadOnlyMemory<byte> bundle, CancellationToken ct)
    {
        var greeted = await run.GoAsync(_displaying.Receive(await run.ReceiveAsync(), _options.Random));
        approval.OnClaimed();
        var reviewing = await CheckDigitsAsync(
            run, await run.GoAsync(greeted.Receive(await run.ReceiveAsync())), approval);
        var candidate = new LinkCandidate(reviewing.Name, reviewing.Platform, run.PeerNetwork);
        if (!await run.AskAsync(token => approval.Consent(candidate, token))) throw LinkRun.Decline(reviewing);

        var committed = await AddAsync(run, reviewing, ct);
        var sending = await run.GoAsync(committed.Receive(await run.ReceiveAsync()));
        var (sent, messages) = sending.Send(bundle.Span, _options.Random);
        await run.EnterAsync(sent, default);
        foreach (var message in messages) await run.SendAsync(message);
        var linked = await run.GoAsync(sent.Receive(await run.ReceiveAsync()));
        return new LinkedDevice(linked.Device, candidate.Name, candidate.Platform);
    }

    private static async Task<ExistingReviewing> CheckDigitsAsync(
        LinkRun run, ExistingConnected connected, LinkApproval approval)
    {
        while (true)
        {
            var typed = await run.AskAsync(token => approval.AskDigits(connected.TriesLeft, token));
            if (!LinkDigits.TryParse(typed, out var digits)) continue;
            var waiting = await run.GoAsync(connected.Type(digits));
            var (reviewing, again) = await run.GoAsync(waiting.Receive(await run.ReceiveAsync()));
            if (reviewing is not null) return reviewing;
            connected = again!;
        }
    }

    private async Task<ExistingCommitted> AddAsync(LinkRun run, ExistingReviewing reviewing, CancellationToken ct)
    {
        var (added, name) = (reviewing.Added, reviewing.Name);
        var draft = await DraftAsync();
        var offered = await run.GoAsync(reviewing.Approve(draft));
        while (true)
        {
            var proven = await run.GoAsync(offered.Receive(await run.ReceiveAsync()));
            switch (await _committer.CommitAsync(added, name, proven.Draft, proven.Possession, ct))
            {
                case { Failure: { } failure }:
                    throw run.Fail(failure);
                case Sent.Stale:
                    offered = await run.GoAsync(proven.Offer(await DraftAsync()));
                    break;
                default:
                    return await run.GoAsync(proven.Committed(_committer.HomeKey));
            }
        }

        async Task<Protocol.Vault.ChainLinkDraft> DraftAsync() => await _committer.DraftAsync(added, ct) switch
        {
            Result<Protocol.Vault.ChainLinkDraft>.Ok ok => ok.Value,
            Result<Protocol.Vault.ChainLinkDraft>.Failed failed => throw run.Fail(failed.Failure),
            _ => throw new InvalidOperationException("a result is one of two"),
        };
    }
}
