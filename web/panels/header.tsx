/** One sentence. */
export function Header() {
  return (
    <header>
      <h1>
        <img src="icon.svg" alt="" width="22" height="22" />
        onnx-cam
      </h1>
      <p class="claim">Which pixels made the model say so? Cover them and see. Nothing leaves this page.</p>
    </header>
  );
}
