using KeyRecovery.Client.Tests.Devices;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>However linking ends before its end: both devices say why, and both are clean.</summary>
[Collection(ServerTests.Name)]
public sealed class LinkEndTests(ServerFixture fixture) : LinkTable(fixture)
{
    [Fact]
    public async Task Three_wrong_digits_end_both_sides_and_leave_no_trace_of_the_device()
    {
        var (existing, joining, onPhone) = await RunAsync((_, right) => Task.FromResult(Other(right)));
        AssertEnded(LinkFailure.WrongDigits, existing, joining);
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task A_no_on_the_existing_device_is_told_to_the_new_one()
    {
        var (existing, joining, onPhone) =
            await RunAsync((_, right) => Task.FromResult(right), consent: (_, _) => Task.FromResult(false));
        AssertEnded(LinkFailure.Declined, existing, joining);
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task A_no_on_the_new_device_is_told_to_the_existing_one()
    {
        var (existing, joining, onPhone) = await RunAsync(
            (_, right) => Task.FromResult(right), join: Join() with { Consent = (_, _) => Task.FromResult(false) });
        AssertEnded(LinkFailure.Declined, existing, joining);
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task Cancelling_the_new_device_while_the_digits_are_asked_for_ends_the_question_on_the_existing_one()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = async (_, ct) =>
                {
                    await cancel.CancelAsync();
                    await Task.Delay(Timeout.Infinite, ct);
                    return "";
                },
                Consent = (_, _) => Task.FromResult(true),
            },
            Bundle);
        using var code = Scan(link.QrText);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Laptop.Client.LinkAsync(code, Join(), cancel.Token));
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Cancelled),
            TestDevice.Failure(await existing.WaitAsync(TimeSpan.FromMinutes(1))));
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task Cancelling_while_a_message_is_under_way_is_told_all_the_same()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(Approve(_ => { }), Bundle);

        // The server has the reveal, and the new device will never hear so.
        Laptop.Relay.OnResponse = (request, _) =>
        {
            if (request.Method != HttpMethod.Put
                || !request.RequestUri!.AbsolutePath.EndsWith("/n/2", StringComparison.Ordinal)) return;
            Laptop.Relay.OnResponse = null;
            cancel.Cancel();
            cancel.Token.ThrowIfCancellationRequested();
        };
        using var code = Scan(link.QrText);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Laptop.Client.LinkAsync(code, Join(), cancel.Token));
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Cancelled),
            TestDevice.Failure(await existing.WaitAsync(TimeSpan.FromMinutes(1))));
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task Cancelling_the_existing_device_while_it_asks_for_consent_ends_the_new_one()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, _) => Digits.Task,
                Consent = async (_, ct) =>
                {
                    await cancel.CancelAsync();
                    await Task.Delay(Timeout.Infinite, ct);
                    return true;
                },
            },
            Bundle, cancel.Token);
        using var code = Scan(link.QrText);
        var joining = Laptop.Client.LinkAsync(code, Join());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => existing);
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Cancelled),
            TestDevice.Failure(await joining.WaitAsync(TimeSpan.FromMinutes(1))));
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task A_code_that_is_put_away_leads_nowhere()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        await link.DisposeAsync();
        using var code = Scan(link.QrText);
        Assert.IsType<ClientFailure.LinkGone>(TestDevice.Failure(await Laptop.Client.LinkAsync(code, Join())));
    }

    [Fact]
    public async Task An_existing_device_that_is_revoked_in_the_middle_adds_nobody()
    {
        using var rescuer = new TestDevice(Fixture.Server.Address);
        Task<VaultSession>? rescue = null;
        var (existing, joining, _) = await RunAsync(
            (_, right) => Task.FromResult(right),
            consent: async (_, _) =>
            {
                await (rescue = rescuer.RecoverAsync(Code, removeOthers: true));
                return true;
            });
        using (await rescue!) { }
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(existing));
        Assert.True(TestDevice.Failure(joining) is ClientFailure.LinkGone
            or ClientFailure.LinkEnded { Reason: LinkFailure.Cancelled });
        using var left = await rescuer.OpenAsync();
        Assert.DoesNotContain(left.Authorities, a => a.Name == "laptop");
    }
}
