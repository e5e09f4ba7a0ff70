using CsCheck;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>
/// What is seen of a repair in passing is what decoding it gives, and nothing that a stranger sends breaks it.
/// </summary>
public sealed class RepairOutlineTests
{
    private readonly Party _phone = Party.Device();
    private readonly Party _code = Party.Code();
    private readonly byte[] _body;
    private readonly AccountId _account;

    public RepairOutlineTests()
    {
        var begin = _phone.Begin("demo", _code);
        _account = begin.Link!.Link.Account;
        _body = new RepairBundle([begin.Link], [begin.Keyset!], begin.Manifest).Encode();
    }

    [Fact]
    public void It_sees_the_devices_and_slots_and_the_app()
    {
        var outline = RepairOutline.Read(_body);
        Assert.Equal(_phone.Signing.PublicKey, outline.Find(_phone.Id));
        Assert.Equal(_code.Signing.PublicKey, outline.Find(_code.Id));
        Assert.Null(outline.Find(Party.Device().Id));
        Assert.Equal("demo", outline.FindApp(["other", "demo"], _account));
        Assert.Null(outline.FindApp(["other"], _account));
        Assert.Null(outline.FindApp(["demo"], new AccountId(new byte[16])));
        Assert.Equal(_body, outline.Decode().Encode());
    }

    [Fact]
    public void Whatever_byte_is_changed_it_sees_the_same_or_says_that_it_is_no_repair() =>
        Gen.Select(Gen.Int[0, _body.Length - 1], Gen.Byte[1, 255]).Sample((at, mask) =>
        {
            var changed = _body.ToArray();
            changed[at] ^= mask;
            try
            {
                var outline = RepairOutline.Read(changed);
                var (device, app) = (outline.Find(_phone.Id), outline.FindApp(["demo"], _account));
                var link = outline.Decode().Links[0].Link;
                // Whatever kind of authority it is: that is for the rules to judge, and is in what it signed.
                return device == link.Add.FirstOrDefault(a => a.Id == _phone.Id)?.SigningKey
                    && (app is null || link.Signer == _phone.Id);
            }
            catch (Exception declared) when (declared is WireFormatException or UpgradeRequiredException)
            {
                return true;
            }
        }, iter: 3_000);
}
