// Outcome.tsx - what became of a payment, large and in one colour, with what can be done next.
import type { ReactNode } from "react";
import { Icon, type IconName } from "../../ui/Icon";

export function Outcome(props: { icon: IconName; tone: "good" | "wait" | "bad"; title: string; text: string; children: ReactNode }) {
  return (
    <section className={`outcome ${props.tone}`} role="status">
      <span className="outcome-mark">
        <Icon name={props.icon} size={38} />
      </span>
      <h2>{props.title}</h2>
      <p>{props.text}</p>
      {props.children}
    </section>
  );
}
