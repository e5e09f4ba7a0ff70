using KeyRecovery.Protocol.Linking;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Linking;

/// <summary>Links two devices as two people at one table do: the digits of one are typed on the other.</summary>
internal static class LinkedPair
{
    public static Task<Linked> LinkAsync(
        VaultSession existing, TestDevice next, byte[] bundle, string name = "laptop") =>
        LinkAsync(existing, next.Client, bundle, name);

    public static async Task<Linked> LinkAsync(
        VaultSession existing, KeyRecoveryClient next, byte[] bundle, string name)
    {
        await using var link = TestDevice.Value(await existing.BeginLinkAsync());
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(link.QrText)).Code;
        var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var displaying = link.RunAsync(
            new LinkApproval {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct), Consent = (_, _) => Task.FromResult(true),
            }, bundle);
        var joining = next.LinkAsync(
            code, new LinkJoin {
                DeviceName = name, Platform = "test", ShowDigits = (shown, _) => digits.TrySetResult(shown),
            });
        var linked = TestDevice.Value(await joining);
        TestDevice.Value(await displaying);
        return linked;
    }
}
