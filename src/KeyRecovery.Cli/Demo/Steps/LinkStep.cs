using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The new phone links a laptop that lies beside it, and hands over the app's keys.</summary>
internal sealed class LinkStep : DemoStep
{
    private const int BundleSize = 48 * 1024;

    public override string Name => "link";

    public override string Title => "A laptop joins";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say(
            "The phone shows a code for two minutes; the laptop scans it. The phone always shows, so nobody can send "
            + "Alex one to scan.");
        world.Laptop = world.Device("Alex's laptop", "laptop");
        var bundle = RandomNumberGenerator.GetBytes(BundleSize);
        await using var link = StepTale.Works(await world.NewPhone.Vault.BeginLinkAsync(typed: false, ct));
        tale.Show(people => CodeCard.WriteQr(people, QrSymbol.OfLink(link.QrText)));
        if (LinkCode.Parse(link.QrText) is not LinkCodeParse.Ok { Code: var code })
            throw new DemoFailedException("the code is read");

        var clock = Stopwatch.StartNew();
        using (code)
        {
            var shown = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            LinkCandidate? candidate = null;
            var displaying = link.RunAsync(
                new LinkApproval
                {
                    AskDigits = (_, token) => shown.Task.WaitAsync(token),
                    Consent = (asking, _) =>
                    {
                        candidate = asking;
                        return Task.FromResult(true);
                    },
                },
                bundle, ct);
            var linked = StepTale.Works(await world.Laptop.Client.LinkAsync(
                code,
                new LinkJoin { DeviceName = world.Laptop.Name, Platform = "Linux",
                    ShowDigits = (digits, _) => shown.TrySetResult(digits) },
                ct));
            var device = StepTale.Works(await displaying);
            world.Laptop.Vault = linked.Vault;
            tale.Holds(shown.Task.IsCompletedSuccessfully,
                $"the laptop shows {await shown.Task}, and Alex types it on the phone: there is nobody in between");
            tale.Holds(candidate?.Name == world.Laptop.Name,
                $"the phone asks before anything moves: {candidate!.Name}, "
                + $"{candidate.Platform}, from {candidate.Network}? Alex says yes");
            using (linked.Bundle)
                tale.Holds(linked.Bundle.Span.SequenceEqual(bundle),
                    $"the app's keys have moved, {Words.Size(BundleSize)}, byte for byte, through a server that saw "
                    + "none of them");
            tale.Holds(device.Id == linked.Vault.Device && linked.Vault.Authorities.Any(a => a.IsThisDevice),
                "the laptop is in the account, verified from its first link on, "
                + $"{Words.Duration(clock.Elapsed)} later");
        }
        foreach (var item in world.Items)
            tale.Holds(StepTale.Works(await world.Laptop.Vault.GetAsync(item.Name, null, ct)).AsSpan()
                .SequenceEqual(item.Content), $"the laptop opens {item.Name}");
        tale.Fact("deviceId", world.Laptop.Vault.Device.ToString());
        tale.Fact("bundleBytes", BundleSize);
    }
}
