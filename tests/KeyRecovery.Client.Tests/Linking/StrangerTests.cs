using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>Z15: somebody has a photo of the code, or the two devices are not of one app and server.</summary>
[Collection(ServerTests.Name)]
public sealed class StrangerTests(ServerFixture fixture)
{
    [Fact]
    public async Task Z15_two_devices_with_the_same_code_are_told_on_all_sides_that_it_was_seen()
    {
        await using var scene = await LinkScene.NewAsync(fixture);
        using var stranger = new TestDevice(fixture.Server.Address);
        Task<Result<Linked>>? second = null;
        await scene.ShowAsync(async () =>
        {
            await (second = LinkScene.ScanAsync(stranger, scene.QrText));
            await Task.Delay(Timeout.Infinite);
            return "";
        });
        var contested = new ClientFailure.LinkContested();
        Assert.Equal(contested, TestDevice.Failure(await scene.ScanAsync().WaitAsync(TimeSpan.FromMinutes(1))));
        Assert.Equal(contested, TestDevice.Failure(await scene.Existing.WaitAsync(TimeSpan.FromMinutes(1))));
        Assert.Equal(contested, TestDevice.Failure(await second!));
        await MovedNothingAsync(scene, stranger);
    }

    [Fact]
    public async Task Z15_a_photo_that_is_used_first_shows_digits_where_nobody_types_them_from()
    {
        await using var scene = await LinkScene.NewAsync(fixture);
        using var stranger = new TestDevice(fixture.Server.Address);
        var his = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);

        // The person's laptop shows nothing, so there is nothing to type but a guess.
        await scene.ShowAsync(async () => await his.Task == "000000" ? "000001" : "000000");
        var stolen = LinkScene.ScanAsync(stranger, scene.QrText, digits => his.TrySetResult(digits));
        var wrong = new ClientFailure.LinkEnded(LinkFailure.WrongDigits);
        Assert.Equal(wrong, TestDevice.Failure(await scene.Existing.WaitAsync(TimeSpan.FromMinutes(1))));
        Assert.Equal(wrong, TestDevice.Failure(await stolen));
        Assert.Null(scene.Asked);
        Assert.IsType<ClientFailure.LinkGone>(TestDevice.Failure(await scene.ScanAsync()));
        await MovedNothingAsync(scene, stranger);
    }

    [Fact]
    public async Task Z15_a_relay_with_a_photo_cannot_play_the_device_that_shows_it()
    {
        await using var scene = await LinkScene.NewAsync(fixture);
        using var stranger = new TestDevice(fixture.Server.Address);
        await scene.ShowAsync();
        var relay = new RelayWithPhoto(scene.QrText);
        scene.Laptop.Relay.OnRequest = relay.Answer;

        // Towards the phone it plays the laptop, with the same photo: that side it can.
        var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stolen = LinkScene.ScanAsync(stranger, scene.QrText, _ => shown.TrySetResult());
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Handshake),
            TestDevice.Failure(await scene.ScanAsync().WaitAsync(TimeSpan.FromMinutes(1))));
        await shown.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(relay.HasAnswered);
        Assert.False(relay.CouldRead);
        Assert.False(scene.HasShownDigits);
        await scene.CancelAsync();
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Cancelled),
            TestDevice.Failure(await stolen.WaitAsync(TimeSpan.FromMinutes(1))));
        await MovedNothingAsync(scene, stranger);
    }

    [Theory]
    [InlineData("the new device's app")]
    [InlineData("the new device's server")]
    [InlineData("the existing device's server")]
    public async Task Z15_devices_of_different_apps_or_servers_do_not_speak_with_each_other(string whose)
    {
        // The same server by another name, as a phisher's proxy has.
        KeyRecoveryOptions Proxied(KeyRecoveryOptions options) =>
            options with { Server = new Uri($"http://127.0.0.2:{options.Server.Port}"),
                Authority = options.Server.Authority, Handler = new Redirect(options.Handler!, options.Server) };
        await using var scene = await LinkScene.NewAsync(
            fixture,
            phone: whose == "the existing device's server" ? Proxied : null,
            laptop: whose switch
            {
                "the new device's app" => options => options with { App = "another" },
                "the new device's server" => Proxied,
                _ => null,
            });
        await scene.RunAsync();
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Handshake), TestDevice.Failure(await scene.Existing));
        Assert.IsType<ClientFailure.LinkGone>(TestDevice.Failure(await scene.Joining));
        Assert.False(scene.HasShownDigits);
        await MovedNothingAsync(scene, scene.Laptop);
    }

    private static async Task MovedNothingAsync(LinkScene scene, TestDevice stranger)
    {
        Assert.Null(await scene.Laptop.Store.LoadAsync(default));
        Assert.Null(await stranger.Store.LoadAsync(default));
        Assert.Equal(1, await scene.CountDevicesAsync());
    }

    // Another name for the same server.
    private sealed class Redirect(HttpMessageHandler inner, Uri server) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(server, request.RequestUri!.PathAndQuery);
            request.Headers.Host = server.Authority;
            return base.SendAsync(request, cancellationToken);
        }
    }

    // Has all that the code says, and a key of its own instead of the one that never leaves the phone.
    private sealed class RelayWithPhoto(string qrText)
    {
        public bool HasAnswered { get; private set; }

        public bool CouldRead { get; private set; }

        public HttpResponseMessage? Answer(HttpRequestMessage request, byte[] body)
        {
            var path = request.RequestUri!.AbsolutePath;
            if (path.EndsWith("/claim", StringComparison.Ordinal)) return Json("""{"expiresInMs":300000}""");
            if (request.Method == HttpMethod.Put)
            {
                using var displaying = ExistingDisplaying.Begin(
                    new LinkScope("demo", new Uri(request.RequestUri.GetLeftPart(UriPartial.Authority))),
                    new PhotoRandom(qrText));
                Assert.StartsWith($"/v1/links/{displaying.Code.SessionId}/", path, StringComparison.Ordinal);
                CouldRead |= displaying.Receive(body, SystemRandom.Instance) is not LinkStep<ExistingGreeted>.Failed;
                return new HttpResponseMessage(System.Net.HttpStatusCode.NoContent);
            }
            if (!path.EndsWith("/e/0", StringComparison.Ordinal))
                return new HttpResponseMessage(System.Net.HttpStatusCode.NoContent);
            HasAnswered = true;
            return new HttpResponseMessage(
                System.Net.HttpStatusCode.OK) { Content = new ByteArrayContent(OwnAnswer()) };
        }

        // A right answer to a message that it wrote itself: the best it has.
        private byte[] OwnAnswer()
        {
            var scope = new LinkScope("demo", new Uri("http://relay.example"));
            using var displaying = ExistingDisplaying.Begin(scope, new PhotoRandom(qrText));
            using var code = Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(displaying.Code.ToQrText())).Code;
            using var joining = NewJoining.Begin(code, scope, NewDevice(), SystemRandom.Instance);
            return Assert.IsType<LinkStep<ExistingGreeted>.Next>(
                displaying.Receive(joining.Message.Span, SystemRandom.Instance)).Message.ToArray();
        }

        private static JoiningDevice NewDevice() => new(
            new AuthorityId(new byte[16]), SigningKey.FromSeed(new byte[32]),
            KemPrivateKey.FromSeed(new byte[32]), "x", "x");

        private static HttpResponseMessage Json(string text) => new(System.Net.HttpStatusCode.OK)
        {
            Content = new StringContent(text, System.Text.Encoding.UTF8, "application/json"),
        };
    }

    // A key of one's own, and then the seed on the photo: what a session is begun with.
    private sealed class PhotoRandom(string qrText) : IRandom
    {
        private int _draws;

        public void Fill(Span<byte> destination)
        {
            if (_draws++ == 1) Base45(qrText["KRL1:".Length..]).AsSpan(33, 32).CopyTo(destination);
            else SystemRandom.Instance.Fill(destination);
        }

        // RFC 9285, where all groups but the last hold two bytes.
        private static byte[] Base45(string text) =>
        [
            .. text.Chunk(3).SelectMany(group =>
            {
                var value = group.Reverse()
                    .Aggregate(0, (sum, c) => (sum * 45)
                        + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".IndexOf(c, StringComparison.Ordinal));
                return group.Length == 3 ? new[] { (byte)(value >> 8), (byte)(value & 0xff) } : [(byte)value];
            }),
        ];
    }
}
